import { describe, expect, it } from "vitest";
import { provenanceOf } from "../../lambda/describe/provenance.ts";
import { statedSettings } from "../../verify/settings.ts";
import { readStatement } from "../../verify/statement.ts";
import { artifact, errorOf, fileText, SOURCE, sha256 } from "../lambda/support.ts";

const URL = "https://artifacts.example/greet/20260131.1/provenance.json";
const BUILD = {
  platforms: ["linux-amd64"],
  execution: "run-1",
  archive: { key: SOURCE.archiveKey, sha256: SOURCE.archiveSha256 },
  settings: { HKDIST_COMMAND: "greet", HKDIST_MAIN_PACKAGE: "./cmd/greet" },
  flags: ["-trimpath"],
};
const written = (change: Partial<typeof BUILD> = {}) =>
  provenanceOf({
    artifacts: [artifact("greet", SOURCE.version, "linux-amd64", sha256(7))],
    builds: [{ ...BUILD, ...change } as typeof BUILD],
    source: SOURCE,
    repository: "https://example.com/greet.git",
    artifactsUrl: "https://artifacts.example/",
  });

describe("a statement", () => {
  it("is read as the describe function writes it", () => {
    expect(readStatement(JSON.stringify(written()), URL)).toEqual({
      subjects: new Map([["greet/20260131.1/linux-amd64", Buffer.from(sha256(7), "base64").toString("hex")]]),
      repository: "https://example.com/greet.git",
      tag: SOURCE.tag,
      tagObject: SOURCE.tagObject,
      tagDate: SOURCE.tagDate,
      commit: SOURCE.commit,
      goVersion: "1.26.8",
      builds: [BUILD],
    });
  });

  const { predicate } = written();
  const { buildDefinition } = predicate;
  const otherDefinition = (change: object) => ({
    ...written(),
    predicate: { ...predicate, buildDefinition: { ...buildDefinition, ...change } },
  });
  const annotated = (change: object) =>
    otherDefinition({
      resolvedDependencies: buildDefinition.resolvedDependencies.map(({ annotations, ...rest }) =>
        annotations ? { ...rest, annotations: { ...annotations, ...change } } : rest,
      ),
    });
  it("may have every setting that the configuration can have", () => {
    const settings = {
      HKDIST_COMMAND: "hk",
      HKDIST_MAIN_PACKAGE: ".",
      HKDIST_IMPORT_PATH: "github.com/heroku/hk",
      HKDIST_BUILD_TAGS: "release,net.go",
      HKDIST_LDFLAGS: "-X 'main.channel=stable one' -X=a.b=c -H windowsgui",
      HKDIST_VERSION_VARIABLE: "example.com/x/internal.Version",
      HKDIST_COMMIT_VARIABLE: "",
      HKDIST_DATE_VARIABLE: "main.date",
      HKDIST_DIRECTORY_URL_VARIABLE: "main.url",
      HKDIST_DIRECTORY_URL: "https://id.execute-api.us-east-1.amazonaws.com/$default/",
      HKDIST_ARTIFACTS_URL_VARIABLE: "",
      HKDIST_ARTIFACTS_URL: "http://127.0.0.1:4566/",
    };
    const [build] = readStatement(JSON.stringify(written({ settings })), URL).builds;
    expect(build?.settings).toEqual(settings);
  });

  it.each<[string, unknown, string]>([
    ["an error page", "<html>", "is not JSON"],
    ["nothing", null, "is not a statement"],
    ["of another kind", { ...written(), predicateType: "https://slsa.dev/provenance/v0.2" }, "predicateType"],
    ["of another way to build", otherDefinition({ buildType: "urn:other:1" }), "buildType"],
    ["without a commit", otherDefinition({ resolvedDependencies: [] }), "names no commit"],
    ["whose tag object is no hash", annotated({ tagObject: "--output=x" }), "tagObject"],
    ["whose tag object is 41 digits", annotated({ tagObject: "a".repeat(41) }), "tagObject"],
    ["whose date is more than one", annotated({ tagDate: `${SOURCE.tagDate}\nplatform\tx` }), "tagDate"],
    ...(
      [
        ["PATH", "/evil"],
        ["HKDIST_X;id", "1"],
        ["HKDIST_PRIVATE_MODULES", "*"],
        ["HKDIST_CREDENTIALS", "secret"],
        ["HKDIST_HOOK", "/evil"],
        ["HKDIST_COMMAND", "../.."],
        ["HKDIST_IMPORT_PATH", "../../../victim"],
        ["HKDIST_MAIN_PACKAGE", "$(touch pwned)"],
        ["HKDIST_BUILD_TAGS", "a,b -toolexec=x"],
        ["HKDIST_LDFLAGS", "-s -linkmode=external"],
        ["HKDIST_LDFLAGS", "-extld /evil"],
        ["HKDIST_LDFLAGS", "-o /home/somebody/.profile"],
        ["HKDIST_LDFLAGS", "-X a.b=c @file"],
        ["HKDIST_VERSION_VARIABLE", "main.version' -extld 'x"],
        ["HKDIST_DIRECTORY_URL", "https://x/' -extld 'x"],
      ] as const
    ).map(([name, value]): [string, unknown, string] => [
      `that sets ${name} to ${value}`,
      written({ settings: { ...BUILD.settings, [name]: value } }),
      "settings",
    ]),
    [
      "that leads out of the folder",
      written({ archive: { key: "sources/greet/../../../x.tar.gz", sha256: SOURCE.archiveSha256 } }),
      "archive.key",
    ],
  ])("is none: %s", (_, value, words) => {
    const text = typeof value === "string" ? value : JSON.stringify(value);
    const error = errorOf(() => readStatement(text, URL));
    expect(error.name).toBe("UserError");
    expect(error.message).toContain(URL);
    expect(error.message).toContain(words);
  });
});

it("may have just the settings that builds tell of", () => {
  const [, told = ""] = /^told=\(([^)]*)\)/m.exec(fileText("buildspec/build.sh")) ?? [];
  expect(told.split(/\s+/).toSorted()).toEqual(Object.keys(statedSettings.shape).toSorted());
});
