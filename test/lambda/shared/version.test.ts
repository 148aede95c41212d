import { describe, expect, it } from "vitest";
import { compareVersions, isVersion, sortableVersion, versionOfTag } from "../../../lambda/shared/version.ts";
import { pseudoRandom } from "../support.ts";

describe("a version", () => {
  it.each([
    "0",
    "7",
    "999999999",
    "20140529",
    "20140529.1",
    "20140529.10",
    "20140529.999999999",
    "999999999.999999999",
  ])("may be %j", (text) => expect(isVersion(text)).toBe(true));

  it.each([
    ["nothing", ""],
    ["a v", "v20140529"],
    ["a leading zero", "020140529"],
    ["a second number with a leading zero", "20140529.01"],
    ["a second number of zero", "20140529.0"],
    ["ten digits", "1234567890"],
    ["ten digits in the second number", "1.1234567890"],
    ["a dot without a number", "20140529."],
    ["no first number", ".1"],
    ["three numbers", "1.2.3"],
    ["a sign", "-1"],
    ["an exponent", "1e3"],
    ["a space", " 1"],
    ["a line feed at the end", "1\n"],
    ["other digits", "١٢٣"],
    ["a parent folder", ".."],
  ])("may not have %s: %j", (_, text) => {
    expect(isVersion(text)).toBe(false);
    expect(() => sortableVersion(text)).toThrow(TypeError);
  });
});

describe("the order of versions", () => {
  const ASCENDING = [
    "0",
    "0.1",
    "1",
    "1.2",
    "1.10",
    "2",
    "10",
    "20140529",
    "20140529.1",
    "20140529.2",
    "20140529.10",
    "20140529.999999999",
    "20140530",
    "999999999",
    "999999999.999999999",
  ];

  it("is numeric", () => {
    for (const [index, version] of ASCENDING.entries()) {
      for (const [other, than] of ASCENDING.entries()) {
        expect(Math.sign(compareVersions(version, than)), `${version} and ${than}`).toBe(
          Math.sign(index - other),
        );
      }
    }
  });

  it("is the order of the sortable texts, for any pair", () => {
    const random = pseudoRandom(20140529);
    // As many short numbers as long ones, so that the lengths of a pair differ often.
    const number = (least: number) => Math.max(least, Math.floor(random() * 10 ** Math.ceil(random() * 9)));
    const pair = () => (random() < 0.3 ? [number(0), 0] : [number(0), number(1)]) as [number, number];
    const text = ([first, second]: [number, number]) => (second === 0 ? `${first}` : `${first}.${second}`);
    for (let n = 0; n < 5000; n++) {
      const a = pair();
      const b = random() < 0.3 ? ([a[0], number(1)] as [number, number]) : pair();
      const numeric = Math.sign(a[0] - b[0] || a[1] - b[1]);
      const [left, right] = [sortableVersion(text(a)), sortableVersion(text(b))];
      expect(left < right ? -1 : left > right ? 1 : 0, `${text(a)} and ${text(b)}`).toBe(numeric);
      expect(Math.sign(compareVersions(text(a), text(b))), `${text(a)} and ${text(b)}`).toBe(numeric);
    }
  });
});

describe("the version of a tag", () => {
  it.each([
    ["v20260131", "20260131"],
    ["v20260131.1", "20260131.1"],
    ["v20260131.10", "20260131.10"],
    ["v20260131.999999999", "20260131.999999999"],
    ["v20240229", "20240229"],
    ["v20000229", "20000229"],
  ])("%j is %j", (tag, version) => expect(versionOfTag(tag)).toBe(version));

  it.each([
    ["has no v", "20260131"],
    ["has a large V", "V20260131"],
    ["is empty", ""],
    ["has a day that does not exist", "v20260230"],
    ["has a 29 February in a common year", "v20260229"],
    ["has a 29 February in a century that is no leap year", "v21000229"],
    ["has a 31 April", "v20260431"],
    ["has month 0", "v20260031"],
    ["has month 13", "v20261301"],
    ["has day 0", "v20260100"],
    ["has year 0", "v00000101"],
    ["has a year of the first century", "v00260131"],
    ["has a year with a leading zero", "v09990101"],
    ["has too few digits", "v2026131"],
    ["has too many digits", "v202601310"],
    ["has a number of zero", "v20260131.0"],
    ["has a number with a leading zero", "v20260131.01"],
    ["has a number of ten digits", "v20260131.1234567890"],
    ["has a dot without a number", "v20260131."],
    ["has two numbers", "v20260131.1.2"],
    ["has something behind it", "v20260131-rc1"],
    ["has a line feed at the end", "v20260131\n"],
    ["is a full reference", "refs/tags/v20260131"],
  ])("is none when it %s: %j", (_, tag) => expect(versionOfTag(tag)).toBeUndefined());
});
