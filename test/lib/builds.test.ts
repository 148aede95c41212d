import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { onAws, onLocal } from "./stages.ts";
import type { Template } from "./template.ts";

const ROOT = new URL("../../", import.meta.url);

let aws: Template;
let local: Template;
beforeAll(() => {
  aws = onAws();
  local = onLocal();
});

describe("builds", () => {
  const PROJECTS = [
    "SourcegreetProject",
    "BuildgreetProject",
    "SourcegreetcanaryProject",
    "BuildgreetcanaryProject",
  ];
  const environmentOf = (project: string, template = aws) => {
    const { EnvironmentVariables } = template.properties(project)["Environment"] as {
      EnvironmentVariables: { Name: string; Value: string }[];
    };
    return Object.fromEntries(EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
  };

  it("are two projects for each command", () => {
    expect(aws.ofType("AWS::CodeBuild::Project").map(([name]) => name)).toEqual(PROJECTS);
  });

  it.each(PROJECTS)("%s runs a script of buildspec/ in a clean container", (project) => {
    const properties = aws.properties(project);
    expect(properties).toMatchObject({
      Artifacts: { Type: "NO_ARTIFACTS" },
      Cache: { Type: "NO_CACHE" },
      TimeoutInMinutes: 30,
      Environment: { PrivilegedMode: false, Type: "LINUX_CONTAINER" },
      Source: { Type: "S3", BuildSpec: project.startsWith("Source") ? "source.yml" : "build.yml" },
      ServiceRole: `${project}Role.Arn`,
    });
    const { CloudWatchLogs } = properties["LogsConfig"] as { CloudWatchLogs: { GroupName: string } };
    expect(aws.properties(CloudWatchLogs.GroupName)["RetentionInDays"]).toBe(90);
  });

  it.each(PROJECTS)("%s is given exactly the variables that its script reads", (project) => {
    const read = (file: string) => readFileSync(new URL(`buildspec/${file}`, ROOT), "utf8");
    const { BuildSpec } = aws.properties(project)["Source"] as { BuildSpec: string };
    const [, script = ""] = /bash (\w+\.sh)/.exec(read(BuildSpec)) ?? [];
    const names = new Set(`${read(script)}${read("common.sh")}`.match(/(?<=\$\{?)HKDIST_\w+/g));
    expect(names.size).toBeGreaterThan(5);
    expect(Object.keys(environmentOf(project)).toSorted()).toEqual([...names].toSorted());
  });

  it("are told what the configuration says", () => {
    expect(environmentOf("SourcegreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_REPOSITORY: "https://example.com/greet.git",
      HKDIST_BRANCH: "main",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_PLATFORMS: "linux-amd64 darwin-arm64",
      HKDIST_GO_VERSION: "",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_TAG: "",
    });
    expect(environmentOf("BuildgreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_VERSION_VARIABLE: "main.version",
      HKDIST_DIRECTORY_URL_VARIABLE: "main.directoryURL",
      HKDIST_DIRECTORY_URL: "DirectoryApi.ApiEndpoint/",
      HKDIST_ARTIFACTS_URL_VARIABLE: "main.artifactsURL",
      HKDIST_ARTIFACTS_URL: "https://DeliveryDistribution.DomainName/",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_ARTIFACTS_BUCKET: "StorageArtifacts",
      HKDIST_PLAN_KEY: "",
    });
    expect(environmentOf("SourcegreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_REPOSITORY: "https://example.com/canary.git",
      HKDIST_BRANCH: "canary",
      HKDIST_PLATFORMS: "linux-arm64",
      HKDIST_GO_VERSION: "1.26.8",
    });
    expect(environmentOf("BuildgreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_MAIN_PACKAGE: ".",
      HKDIST_VERSION_VARIABLE: "main.v",
      HKDIST_DIRECTORY_URL_VARIABLE: "",
      HKDIST_ARTIFACTS_URL_VARIABLE: "",
    });
  });

  it("carry the local AWS's URLs when they run there", () => {
    expect(environmentOf("BuildgreetProject", local)).toMatchObject({
      HKDIST_DIRECTORY_URL: local.outputs["DirectoryUrl"],
      HKDIST_ARTIFACTS_URL: local.outputs["ArtifactsUrl"],
    });
  });
});
