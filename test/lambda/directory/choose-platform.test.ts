import { describe, expect, it } from "vitest";
import { choosePlatform } from "../../../lambda/directory/choose-platform.ts";

const WINDOWS_ARM = "Mozilla/5.0 (Windows NT 10.0; ARM64)";
const WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)";
const WINDOWS_32 = "Mozilla/5.0 (Windows NT 10.0)";
const IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X)";

/** @param offered separated by blanks */
const choose = (asked: string | null, userAgent: string, offered: string) =>
  choosePlatform(asked, userAgent, new Map(offered.split(" ").map((platform) => [platform, {}])));

describe("the platform of a machine", () => {
  it.each([
    ["its own", "Linux x86_64", "linux-386 linux-amd64", "linux-amd64"],
    ["its own", "Darwin arm64", "darwin-amd64 darwin-arm64", "darwin-arm64"],
    ["its own", WINDOWS_ARM, "windows-386 windows-amd64 windows-arm64", "windows-arm64"],
    ["Intel's, by Rosetta", "Darwin arm64", "linux-arm64 darwin-amd64", "darwin-amd64"],
    ["64-bit Intel's, emulated", WINDOWS_ARM, "windows-386 windows-amd64", "windows-amd64"],
    ["32-bit Intel's, emulated", WINDOWS_ARM, "windows-386", "windows-386"],
    ["the 32-bit one", WINDOWS, "windows-386 windows-arm64", "windows-386"],
    ["the 32-bit one", "Linux x86_64", "linux-386 linux-arm64", "linux-386"],
    ["the 32-bit one", "FreeBSD amd64", "freebsd-386 linux-amd64", "freebsd-386"],
    ["the 32-bit one", "curl/8.5.0", "linux-386", "linux-386"],
  ])("is %s, which it runs: %s of %s", (_, userAgent, offered, platform) => {
    expect(choose(null, userAgent, offered)).toBe(platform);
  });

  it.each([
    ["arm64 on Intel", "Darwin x86_64", "darwin-arm64"],
    ["32-bit Intel's on a Mac", "Darwin x86_64", "darwin-386"],
    ["32-bit Intel's on Apple silicon", "Darwin arm64", "darwin-386"],
    ["64-bit on 32-bit", WINDOWS_32, "windows-amd64"],
    ["64-bit on 32-bit", "Linux i686", "linux-amd64"],
    ["Intel's on ARM", "Linux aarch64", "linux-amd64 linux-386"],
    ["32-bit ARM's on 64-bit ARM", "Linux aarch64", "linux-arm"],
    ["64-bit ARM's on 32-bit ARM", "Linux armv7l", "linux-arm64"],
    ["ARM's on Intel", WINDOWS, "windows-arm64"],
    ["Linux's on FreeBSD", "FreeBSD amd64", "linux-amd64"],
    ["Linux's on Windows", WINDOWS, "linux-amd64"],
    ["anything on MIPS", "Linux mips64", "linux-amd64 linux-386 undefined"],
    ["anything when nothing is offered", "Linux x86_64", ""],
  ])("is never %s: %s of %s", (_, userAgent, offered) => {
    expect(choose(null, userAgent, offered)).toBeUndefined();
  });

  it("is a phone, whatever is offered", () => {
    expect(choose(null, IPHONE, "darwin-arm64 linux-arm64")).toBe("phone");
    expect(choose(null, IPHONE, "")).toBe("phone");
  });
});

describe("the platform that is asked for", () => {
  it.each([
    ["linux-arm", "Linux x86_64"],
    ["linux-arm", IPHONE],
    ["linux-arm", "Linux mips64"],
    ["phone", "Linux x86_64"],
  ])("is %s, whatever machine asks: %s", (asked, userAgent) => {
    expect(choose(asked, userAgent, `linux-amd64 ${asked}`)).toBe(asked);
  });

  it.each([
    ["darwin-arm64", "darwin-amd64"],
    ["windows-arm64", "windows-amd64 windows-386"],
    ["windows-amd64", "windows-386"],
    ["linux-amd64", "linux-386"],
    ["freebsd-amd64", "freebsd-386"],
  ])("is not replaced by a compatible one: %s by %s", (asked, offered) => {
    expect(choose(asked, "Linux x86_64", `linux-amd64-2 ${offered}`)).toBeUndefined();
  });

  it.each([
    "",
    " ",
    "linux",
    "Linux-amd64",
    "linux_amd64",
    "linux-amd64 ",
    "linux-amd64\n",
    "../x",
    "grüße",
  ])("is nothing when it is %j", (asked) =>
    expect(choose(asked, "Linux x86_64", "linux-amd64")).toBeUndefined());

  it("is nothing when it is no name at all, though it were offered", () => {
    for (const asked of ["a_b", "__proto__", "a".repeat(65)]) {
      expect(choose(asked, "Linux x86_64", `linux-amd64 ${asked}`)).toBeUndefined();
    }
  });
});
