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
  /** The execution's name, by which people find a build. */
  const FOR_PEOPLE = "HKDIST_EXECUTION";
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

  it.each([
    ["SourcegreetProject", "hkdist-source-greet"],
    ["BuildgreetProject", "hkdist-build-greet"],
    ["SourcegreetcanaryProject", "hkdist-source-greet-canary"],
    ["BuildgreetcanaryProject", "hkdist-build-greet-canary"],
  ])("%s and its log have names that tell", (project, name) => {
    expect(aws.properties(project)["Name"]).toBe(name);
    expect(aws.properties(`${project}Log`)["LogGroupName"]).toBe(`/aws/codebuild/${name}`);
  });

  it.each(PROJECTS)("%s is given exactly what its script reads, and its execution's name", (project) => {
    const read = (file: string) => readFileSync(new URL(`buildspec/${file}`, ROOT), "utf8");
    const { BuildSpec } = aws.properties(project)["Source"] as { BuildSpec: string };
    const [, script = ""] = /bash (\w+\.sh)/.exec(read(BuildSpec)) ?? [];
    const texts = [script, ...[...read(script).matchAll(/^\. \.\/(.*)$/gm)].map(([, file = ""]) => file)].map(
      read,
    );
    // What the hook is told is not what the script is told.
    const names = new Set(texts.join("").match(/(?<=\$\{?)HKDIST_\w+/g));
    expect(names.size).toBeGreaterThan(5);
    expect(names).not.toContain(FOR_PEOPLE);
    expect(Object.keys(environmentOf(project)).toSorted()).toEqual([...names, FOR_PEOPLE].toSorted());
  });

  it("are told what the configuration says", () => {
    expect(environmentOf("SourcegreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_REPOSITORY: "https://example.com/greet.git",
      HKDIST_BRANCH: "main",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_PLATFORMS: "linux-amd64 darwin-arm64",
      HKDIST_IMPORT_PATH: "",
      HKDIST_HAS_HOOK: "",
      HKDIST_BUILD_TAGS: "",
      HKDIST_GO_VERSION: "",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_TAG: "",
      HKDIST_SIGNERS_GPG: "configured/HKDIST_SIGNERS_GPG",
      HKDIST_SIGNERS_SSH: "",
      HKDIST_SIGNERS_REVOKED: "",
      HKDIST_CREDENTIALS: "",
      HKDIST_USERNAME: "",
      HKDIST_HOST_KEYS: "",
      HKDIST_PRIVATE_MODULES: "",
      HKDIST_EXECUTION: "",
    });
    expect(environmentOf("BuildgreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_IMPORT_PATH: "",
      HKDIST_BUILD_TAGS: "",
      HKDIST_LDFLAGS: "",
      HKDIST_HOOK: "",
      HKDIST_VERSION_VARIABLE: "main.version",
      HKDIST_COMMIT_VARIABLE: "",
      HKDIST_DATE_VARIABLE: "",
      HKDIST_DIRECTORY_URL_VARIABLE: "main.directoryURL",
      HKDIST_DIRECTORY_URL: "GatewayApi.ApiEndpoint/",
      HKDIST_ARTIFACTS_URL_VARIABLE: "main.artifactsURL",
      HKDIST_ARTIFACTS_URL: "https://DeliveryDistribution.DomainName/",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_ARTIFACTS_BUCKET: "StorageArtifacts",
      HKDIST_PLAN_KEY: "",
      HKDIST_EXECUTION: "",
    });
    expect(environmentOf("SourcegreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_REPOSITORY: "https://example.com/canary.git",
      HKDIST_BRANCH: "canary",
      HKDIST_PLATFORMS: "linux-arm64",
      HKDIST_GO_VERSION: "1.26.8",
      HKDIST_IMPORT_PATH: "example.com/greet",
      HKDIST_BUILD_TAGS: "release,netgo",
      HKDIST_SIGNERS_GPG: "",
      HKDIST_SIGNERS_SSH: "configured/HKDIST_SIGNERS_SSH",
      HKDIST_CREDENTIALS: "greet/deploy-key",
      HKDIST_USERNAME: "git",
      HKDIST_PRIVATE_MODULES: "example.com/team/*,example.com/other",
    });
    expect(environmentOf("BuildgreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_MAIN_PACKAGE: ".",
      HKDIST_IMPORT_PATH: "example.com/greet",
      HKDIST_BUILD_TAGS: "release,netgo",
      HKDIST_LDFLAGS: "-X main.channel=canary",
      HKDIST_HOOK: "configured/HKDIST_HOOK",
      HKDIST_COMMIT_VARIABLE: "main.commit",
      HKDIST_DATE_VARIABLE: "main.date",
      HKDIST_VERSION_VARIABLE: "main.v",
      HKDIST_DIRECTORY_URL_VARIABLE: "",
      HKDIST_ARTIFACTS_URL_VARIABLE: "",
    });
  });

  it("hold no secret, only its name", () => {
    for (const project of PROJECTS) {
      const { EnvironmentVariables } = aws.properties(project)["Environment"] as {
        EnvironmentVariables: { Type: string }[];
      };
      for (const { Type } of EnvironmentVariables) expect(Type).toBe("PLAINTEXT");
    }
  });

  it("carry the local AWS's URLs when they run there", () => {
    expect(environmentOf("BuildgreetProject", local)).toMatchObject({
      HKDIST_DIRECTORY_URL: local.outputs["DirectoryUrl"],
      HKDIST_ARTIFACTS_URL: local.outputs["ArtifactsUrl"],
    });
  });
});
