import { describe, expect, it } from "vitest";
import { settleSource } from "../../../lambda/plan/settle-source.ts";
import { errorOf, SOURCE } from "../support.ts";

/** The same tag again, later: all that may differ does. */
const FOUND = {
  ...SOURCE,
  archiveKey: "sources/greet/20260131.1/dd.tar.gz",
  archiveSha256: "d".repeat(64),
  goVersion: "1.27.0",
  signer: "new@example.com",
};

describe("the source of a release", () => {
  it("is what was found when the tag is new and on the branch", () => {
    expect(settleSource({ source: SOURCE, onBranch: true }, undefined)).toEqual(SOURCE);
  });

  it.each([
    ["on the branch", true],
    ["no longer on the branch", false],
  ])("is the new archive with the first Go version when the tag is known and %s", (_, onBranch) => {
    expect(settleSource({ source: FOUND, onBranch }, SOURCE)).toEqual({
      ...FOUND,
      goVersion: SOURCE.goVersion,
    });
  });

  it("is the same again when nothing differs", () => {
    expect(settleSource({ source: SOURCE, onBranch: true }, SOURCE)).toEqual(SOURCE);
  });

  it("keeps its signer when tags are no longer verified", () => {
    const found = { source: { ...FOUND, signer: "" }, onBranch: true };
    expect(settleSource(found, { ...SOURCE, signer: "release@example.com" }).signer).toBe(
      "release@example.com",
    );
  });

  it("leaves what it is given as it was", () => {
    const [source, known] = [structuredClone(FOUND), structuredClone(SOURCE)];
    settleSource({ source, onBranch: true }, known);
    expect([source, known]).toEqual([FOUND, SOURCE]);
  });

  const OTHER = "e".repeat(40);
  it.each([
    ["another object", { tagObject: OTHER }],
    ["another commit", { commit: OTHER }],
    ["another object and commit", { tagObject: OTHER, commit: OTHER }],
  ])("is refused when the tag now names %s, on the branch or not", (_, moved) => {
    for (const onBranch of [true, false]) {
      const found = { source: { ...FOUND, ...moved }, onBranch };
      const error = errorOf(() => settleSource(found, SOURCE));
      expect(error.name).toBe("MovedTagError");
      expect(error.message).toContain("v20260131.1 was released from");
      for (const id of [SOURCE.tagObject, SOURCE.commit, OTHER]) expect(error.message).toContain(id);
    }
  });

  it("is refused when the tag is new and not on the branch", () => {
    const error = errorOf(() => settleSource({ source: SOURCE, onBranch: false }, undefined));
    expect(error.name).toBe("UnreachableTagError");
    for (const word of ["v20260131.1", SOURCE.commit, "greet"]) expect(error.message).toContain(word);
  });
});
