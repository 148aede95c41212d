import { describe, expect, it } from "vitest";
import { isCommand, isPlatform } from "../../../lambda/shared/names.ts";

describe.each([
  ["a command", isCommand],
  ["a platform", isPlatform],
])("%s", (_, isName) => {
  it.each([
    "a",
    "Z",
    "0",
    "-",
    "greet",
    "greet-canary",
    "linux-amd64",
    "a".repeat(64),
    "constructor",
  ])("may be %j", (text) => expect(isName(text)).toBe(true));

  it.each([
    "",
    "a".repeat(65),
    "gr eet",
    "greet ",
    "greet\n",
    "greet_canary",
    "__proto__",
    "greet.gz",
    ".",
    "..",
    "../x",
    "a/b",
    "a\\b",
    "a#b",
    "a%2Fb",
    "a\0",
    "größe",
    "ｇreet",
  ])("may not be %j", (text) => expect(isName(text)).toBe(false));
});
