import { describe, expect, it } from "vitest";
import { cleanedPath } from "../../../lambda/shared/http/clean-path.ts";

describe("a path that is not clean leads, as Go's path.Clean has it and with its last slash,", () => {
  it.each([
    ["//", "/"],
    ["/.", "/"],
    ["/./", "/"],
    ["/..", "/"],
    ["/../", "/"],
    ["/../..", "/"],
    ["/../../a", "/a"],
    ["/a/.", "/a"],
    ["/a/./", "/a/"],
    ["/a/..", "/"],
    ["/a/../", "/"],
    ["/a/b/..", "/a"],
    ["/a/b/../", "/a/"],
    ["/a/b/../c", "/a/c"],
    ["/a/../../../b", "/b"],
    ["/a//../b", "/b"],
    ["/a/.//./b//", "/a/b/"],
    ["//a", "/a"],
    ["/a//", "/a/"],
    ["///a///b", "/a/b"],
    ["/.../..", "/"],
    ["/a/.../../b", "/a/b"],
  ])("from %s to %s", (path, clean) => {
    expect(cleanedPath(path)).toBe(clean);
    expect(cleanedPath(clean)).toBeUndefined();
  });
});

describe("a path leads nowhere else", () => {
  it.each([
    "/",
    "/a",
    "/a/",
    "/a/b.json",
    "/...",
    "/.a",
    "/a..",
    "/..a/b",
    "/a.-_9/Z",
    "/a/...",
  ])("when it is clean: %s", (path) => expect(cleanedPath(path)).toBeUndefined());

  it.each([
    "",
    "a//b",
    "../a",
    "//a b",
    "//a%2F",
    "//ä",
    "//a\n",
    "/\\/a",
    "//a\\",
    "//a?b",
    "//a#b",
    "//a:80/",
    "//a@b",
    "//a;b",
    "//\t/a",
    "/../\0",
    "https://a//b",
  ])("when it is none of ours: %j", (path) => expect(cleanedPath(path)).toBeUndefined());

  it("in no time, however long it is", () => {
    const start = performance.now();
    for (const part of ["/", "../", "a/../", "./", "a"]) cleanedPath(`/${part.repeat(200_000)}`);
    cleanedPath(`/${"a/".repeat(200_000)}!`);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});
