import { describe, expect, it } from "vitest";
import { provenanceOf } from "../../lambda/describe/provenance.ts";
import { readStatement } from "../../verify/statement.ts";
import { artifact, errorOf, SOURCE, sha256 } from "../lambda/support.ts";

const URL = "https://artifacts.example/greet/20260131.1/provenance.json";
const BUILD = {
  platforms: ["linux-amd64"],
  execution: "run-1",
  archive: { key: SOURCE.archiveKey, sha256: SOURCE.archiveSha256 },
  settings: { HKDIST_COMMAND: "greet", HKDIST_MAIN_PACKAGE: "$(touch pwned)" },
  flags: ["-trimpath"],
};
const written = (change: Partial<typeof BUILD> = {}) =>
  provenanceOf({
    artifacts: [artifact("greet", SOURCE.version, "linux-amd64", sha256(7))],
    builds: [{ ...BUILD, ...change } as typeof BUILD],
    source: SOURCE,
    repository: "https://example.com/greet.git",
    sourcesBucket: "sources",
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
      archives: [`s3://sources/${SOURCE.archiveKey}`],
    });
  });

  const { predicate } = written();
  const { buildDefinition } = predicate;
  const otherDefinition = (change: object) => ({
    ...written(),
    predicate: { ...predicate, buildDefinition: { ...buildDefinition, ...change } },
  });
  it.each<[string, unknown, string]>([
    ["an error page", "<html>", "is not JSON"],
    ["nothing", null, "is not a statement"],
    ["of another kind", { ...written(), predicateType: "https://slsa.dev/provenance/v0.2" }, "predicateType"],
    ["of another way to build", otherDefinition({ buildType: "urn:other:1" }), "buildType"],
    ["without a commit", otherDefinition({ resolvedDependencies: [] }), "names no commit"],
    ["that sets what is not ours", written({ settings: { PATH: "/evil" } as never }), "settings"],
    ["that sets the shell's", written({ settings: { "HKDIST_X;id": "1" } as never }), "settings"],
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
