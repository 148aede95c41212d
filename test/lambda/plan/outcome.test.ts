import { describe, expect, it } from "vitest";
import { EXPORTED_VARIABLES, readOutcome } from "../../../lambda/plan/outcome.ts";
import { errorOf, fileText, SOURCE } from "../support.ts";

const ARCHIVED = {
  OUTCOME: "archived",
  REFUSAL: "",
  REASON: "",
  TAG: SOURCE.tag,
  TAG_OBJECT: SOURCE.tagObject,
  COMMIT: SOURCE.commit,
  COMMIT_DATE: SOURCE.commitDate,
  TAG_DATE: SOURCE.tagDate,
  TAG_ON_BRANCH: "true",
  SIGNER: "",
  GO_VERSION: SOURCE.goVersion,
  ARCHIVE_KEY: SOURCE.archiveKey,
  ARCHIVE_SHA256: SOURCE.archiveSha256,
};

/** In CodeBuild's form. */
const exported = (variables: Record<string, string>) =>
  Object.entries(variables).map(([Name, Value]) => ({ Name, Value }));

describe("the source build's outcome", () => {
  it.each([
    ["an archive, its tag on the branch", {}, { source: SOURCE, onBranch: true }],
    ["a tag elsewhere", { TAG_ON_BRANCH: "false" }, { source: SOURCE, onBranch: false }],
    ["a tag of which that was not found out", { TAG_ON_BRANCH: "" }, { source: SOURCE, onBranch: false }],
    [
      "a signed tag",
      { SIGNER: "release@example.com" },
      { source: { ...SOURCE, signer: "release@example.com" }, onBranch: true },
    ],
  ])("can be %s", (_, variables, found) => {
    expect(readOutcome("greet", exported({ ...ARCHIVED, ...variables }))).toEqual(found);
  });

  it("can be a refusal, which is thrown under its name with its reason", () => {
    const refused = {
      ...ARCHIVED,
      OUTCOME: "refused",
      REFUSAL: "HeadNotTaggedError",
      REASON: "tag the head",
    };
    expect(String(errorOf(() => readOutcome("greet", exported(refused))))).toBe(
      "HeadNotTaggedError: tag the head",
    );
  });

  it("can be a refusal before anything else was found out", () => {
    const refused = { OUTCOME: "refused", REFUSAL: "RepositoryError", REASON: "fetching failed" };
    expect(String(errorOf(() => readOutcome("greet", exported(refused))))).toBe(
      "RepositoryError: fetching failed",
    );
  });

  it("can be a refusal without a name", () => {
    for (const unnamed of [{}, { REFUSAL: "" }] as Record<string, string>[]) {
      const refused = { OUTCOME: "refused", ...unnamed, REASON: "no" };
      const error = errorOf(() => readOutcome("greet", exported(refused)));
      expect([error.name, error.message]).toEqual(["SourceRefusedError", "no"]);
    }
  });

  it.each([
    ["an empty OUTCOME", { OUTCOME: "" }, ""],
    ["another OUTCOME", { OUTCOME: "done" }, ""],
    ["no tag", { TAG: "" }, "version, tag"],
    ["a tag that is none", { TAG: "v20260230" }, "version"],
    ["no tag object", { TAG_OBJECT: "" }, "tagObject"],
    ["no commit", { COMMIT: "" }, "commit"],
    ["no commit date", { COMMIT_DATE: "" }, "commitDate"],
    ["no tag date", { TAG_DATE: "" }, "tagDate"],
    ["no Go version", { GO_VERSION: "" }, "goVersion"],
    ["no archive", { ARCHIVE_KEY: "", ARCHIVE_SHA256: "" }, "archiveKey, archiveSha256"],
  ])("cannot be %s", (_, variables, empty) => {
    const { message } = errorOf(() => readOutcome("greet", exported({ ...ARCHIVED, ...variables })));
    expect(message).toBe(
      `the source build of greet did not report its outcome (empty: ${empty}): see its log`,
    );
  });

  it("cannot be nothing", () => {
    expect(errorOf(() => readOutcome("greet", [])).message).toContain(
      "version, tag, tagObject, commit, commitDate, tagDate, goVersion, archiveKey, archiveSha256",
    );
  });
});

describe("the exported variables", () => {
  const script = fileText("buildspec/source.sh");

  it("are those of buildspec/source.yml", () => {
    const list = /exported-variables:\n((?: +- \w+\n)+)/.exec(fileText("buildspec/source.yml"))?.[1] ?? "";
    expect([...list.matchAll(/- (\w+)/g)].map(([, name]) => name)).toEqual([...EXPORTED_VARIABLES]);
  });

  it("are those that source.sh writes into outcome.env", () => {
    const list = /for name in ([A-Z0-9_ \\\n]+); do\n\s*printf 'export/.exec(script)?.[1] ?? "";
    expect(list.match(/\w+/g)).toEqual([...EXPORTED_VARIABLES]);
  });

  it("are all set from the start, so that a refusal leaves none out", () => {
    const set = [...script.matchAll(/^export (.+)$/gm)].flatMap(([, line = ""]) =>
      [...line.matchAll(/([A-Z0-9_]+)=''/g)].map(([, name]) => name),
    );
    expect(set).toEqual(expect.arrayContaining([...EXPORTED_VARIABLES]));
  });

  it("name refusals in the way of errors", () => {
    const parts = ["credentials.sh", "signature.sh"].map((name) => fileText(`buildspec/${name}`));
    const names = [...[script, ...parts].join("").matchAll(/\brefuse ([^\s(]+) "/g)].map(([, name]) => name);
    expect(names.length).toBeGreaterThan(5);
    for (const name of names) expect(name).toMatch(/^[A-Z][A-Za-z]+Error$/);
  });
});
