import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it, test } from "vitest";
import { namedOf, platformList, wholeNumber } from "../../bench/shared/options.ts";
import { lackOfProgram, needProgram } from "../../bench/shared/programs.ts";
import { root } from "../../tools/checkout.ts";
import { UserError } from "../../tools/user-error.ts";

const KNOWN = [{ name: "age" }, { name: "yq" }];

describe("what an option says is taken or refused as a whole", () => {
  test.each([
    ["3", 1, 3],
    ["0", 0, 0],
    ["0", 1, undefined],
    ["1.5", 1, undefined],
    ["-1", 0, undefined],
    ["many", 1, undefined],
    ["", 0, undefined],
  ])("a number: %j from %i on", (text, least, number) => expect(wholeNumber(text, least)).toBe(number));

  test.each([
    ["linux-amd64", ["linux-amd64"]],
    ["linux-amd64,darwin-arm64", ["linux-amd64", "darwin-arm64"]],
    ["foo", undefined],
    ["linux-amd64,linux-amd64", ["linux-amd64"]],
    ["linux-amd64,", undefined],
    ["linux-z80", undefined],
    ["../x-y", undefined],
  ])("platforms: %j", (text, platforms) => expect(platformList(text)).toEqual(platforms));

  test.each([
    ["yq,age", ["age", "yq"]],
    ["yq", ["yq"]],
    ["yq,yq", ["yq"]],
    ["yq,hugo", undefined],
    ["", undefined],
  ])("names: %j", (text, names) => {
    expect(namedOf(text, KNOWN)?.map(({ name }) => name)).toEqual(names);
  });
});

test("a program that is not there is told with its package", () => {
  const missing = { name: "no-such-program", debian: "no-such-package" };
  expect(lackOfProgram({ name: "sh", debian: "dash" })).toBeUndefined();
  expect(lackOfProgram(missing)).toContain("apt-get install no-such-package");
  expect(() => needProgram(missing)).toThrow(UserError);
});

describe("a benchmark that is asked for what there is not says how it is used, and does nothing", () => {
  it.each([
    ["patches", "--only", "vim"],
    ["patches", "--engines", "age"],
    ["patches", "--runs", "1.5"],
    ["release", "--bases", "99"],
    ["release", "--cache", "lukewarm"],
    ["update", "--speeds", "0"],
    ["patch-step", "--platform", "foo"],
    ["patch-sizes", "--platforms", "foo"],
    ["patch-limits", "--help"],
  ])("bench:%s %s %s", (name, ...options) => {
    const script = join(root, "bench", name, "main.ts");
    const run = () =>
      execFileSync(process.execPath, [script, ...options], { stdio: "pipe", timeout: 20_000 });
    expect(run).toThrow(`npm run --silent bench:${name} -- `);
  });
});
