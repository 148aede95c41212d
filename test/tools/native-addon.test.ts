import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { adapt, isAdapted } from "../../tools/adapt-bsdiff.ts";
import { root } from "../../tools/checkout.ts";
import { checkAddon, ensureNativeAddon, HOST, LAMBDA, type Target } from "../../tools/native-addon.ts";
import { UserError } from "../../tools/user-error.ts";

const [X64, ARM64] = [62, 183];

/** What is looked at in a shared library: ELF's magic number, its machine, and the versions it names. */
function library(machine: number, ...versions: string[]): Buffer {
  const header = Buffer.alloc(64);
  header.write("\x7fELF\x02\x01\x01", "latin1");
  header.writeUInt16LE(3, 16);
  header.writeUInt16LE(machine, 18);
  return Buffer.concat([header, Buffer.from(["", "libc.so.6", ...versions, ""].join("\0"))]);
}

/** The message that an addon is refused with. */
function refusal(bytes: Buffer, target: Target): string {
  try {
    checkAddon(bytes, target);
  } catch (error) {
    expect(error).toBeInstanceOf(UserError);
    return (error as Error).message;
  }
  throw new Error("it was accepted");
}

describe("a compiled addon", () => {
  const NEWEST = ["GLIBC_2.34", "GLIBCXX_3.4.29", "CXXABI_1.3.13"];

  it.each<[string, Buffer, Target]>([
    ["for Lambda, with the newest of what it has", library(X64, ...NEWEST), "linux-x64"],
    ["that needs no version of anything", library(X64), "linux-x64"],
    ["for arm64", library(ARM64, ...NEWEST), "linux-arm64"],
    [
      "whose versions are older by number, not by text",
      library(X64, "GLIBC_2.4", "GLIBC_2.9", "GLIBC_2.2.5", "GLIBCXX_3.4.9", "CXXABI_1.3.9"),
      "linux-x64",
    ],
    [
      "that names versions of others",
      library(X64, "GLIBCX_9.9", "OPENSSL_3.0.0", "XGLIBC_2.99"),
      "linux-x64",
    ],
    [
      "for a developer's Mac, where it only has to load",
      Buffer.from("\xcf\xfa\xed\xfe", "latin1"),
      "darwin-arm64",
    ],
  ])("is right: one %s", (_, bytes, target) => expect(() => checkAddon(bytes, target)).not.toThrow());

  it.each<[string, Buffer, Target, string]>([
    ["for another machine", library(ARM64, ...NEWEST), "linux-x64", "is not for linux-x64"],
    ["the other way round", library(X64, ...NEWEST), "linux-arm64", "is not for linux-arm64"],
    ["for a machine of which nobody has heard", library(9999), "linux-x64", "is not for linux-x64"],
    [
      "that needs GLIBC_2.38",
      library(X64, ...NEWEST, "GLIBC_2.38"),
      LAMBDA,
      "needs GLIBC_2.38, Lambda has 2.34",
    ],
    [
      "that needs it first of all",
      library(X64, "GLIBC_2.38", "GLIBC_2.4"),
      LAMBDA,
      "needs GLIBC_2.38, Lambda has 2.34",
    ],
    [
      "that needs a newer libstdc++",
      library(X64, "GLIBCXX_3.4.30"),
      LAMBDA,
      "needs GLIBCXX_3.4.30, Lambda has 3.4.29",
    ],
    [
      "that needs a newer C++ ABI",
      library(X64, "CXXABI_1.3.14"),
      LAMBDA,
      "needs CXXABI_1.3.14, Lambda has 1.3.13",
    ],
    ["that is for macOS", Buffer.alloc(200, "\xcf\xfa\xed\xfe", "latin1"), LAMBDA, "is not for linux-x64"],
    [
      "that is no library",
      Buffer.from("<html>the page was not found, and this is what you get"),
      LAMBDA,
      "is not for",
    ],
    ["of which only the beginning is there", library(X64).subarray(0, 10), LAMBDA, "is not for linux-x64"],
    ["of which nothing is there", Buffer.alloc(0), LAMBDA, "is not for linux-x64"],
  ])("is refused: one %s", (_, bytes, target, words) => {
    const message = refusal(bytes, target);
    expect(message).toContain(words);
    expect(message).toContain("Delete its build folder and try again");
  });

  it("is refused with everything that is wrong with it", () => {
    const message = refusal(library(ARM64, "GLIBC_2.38", "GLIBCXX_3.4.32"), LAMBDA);
    for (const words of [
      "is not for linux-x64",
      "needs GLIBC_2.38, Lambda has 2.34",
      "needs GLIBCXX_3.4.32, Lambda has 3.4.29",
    ]) {
      expect(message).toContain(words);
    }
    expect(message).not.toContain("CXXABI");
  });
});

describe("the addon of this machine", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await ensureNativeAddon(HOST, console.error);
  });

  it("is compiled, is right for where it is to run, and loads", () => {
    const bytes = readFileSync(join(folder, "build", "Release", "bsdiff.node"));
    expect(() => checkAddon(bytes, HOST)).not.toThrow();
    const script = `process.stdout.write(Object.keys(require(${JSON.stringify(folder)})).join(" "))`;
    const names = execFileSync(process.execPath, ["-e", script], { encoding: "utf8" }).split(" ");
    expect(names).toEqual(expect.arrayContaining(["diff", "patch"]));
  });

  it.runIf(HOST.startsWith("linux-"))("is not right for another machine", () => {
    const bytes = readFileSync(join(folder, "build", "Release", "bsdiff.node"));
    const other = HOST === "linux-x64" ? "linux-arm64" : "linux-x64";
    expect(refusal(bytes, other)).toContain(`is not for ${other}`);
  });

  it("compresses each stream of a patch in blocks of 100 kB", () => {
    const work = mkdtempSync(join(tmpdir(), "native-addon-"));
    try {
      // Something of everything: bytes that changed, and bytes that are new.
      const base = randomBytes(300_000);
      const target = Buffer.concat([base, randomBytes(300_000)]);
      target[1000] = (target[1000] ?? 0) ^ 1;
      writeFileSync(join(work, "base"), base);
      writeFileSync(join(work, "target"), target);
      const script = `require(${JSON.stringify(folder)}).diff("base", "target", "patch")`;
      execFileSync(process.execPath, ["-e", script], { cwd: work });
      const patch = readFileSync(join(work, "patch"));
      const control = Number(patch.readBigInt64LE(8));
      const difference = Number(patch.readBigInt64LE(16));
      const streams = [32, 32 + control, 32 + control + difference];
      expect(streams.map((at) => patch.toString("latin1", at, at + 4))).toEqual(["BZh1", "BZh1", "BZh1"]);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it("is not compiled a second time", async () => {
    const lines: string[] = [];
    expect(await ensureNativeAddon(HOST, (line) => lines.push(line))).toBe(folder);
    expect(lines).toEqual([]);
  });
});

describe("the source of another version of the package", () => {
  it.each([
    ["opens its streams otherwise", "bsdiff.c", "pf, 1, 0, 0)", "pf, 1, 0, 30)"],
    ["sorts otherwise", "bsdiff.c", "sorted_suffixes(old,oldsize)", "sorted(old,oldsize)"],
    ["has a stream more", "bsdiff.c", "static off_t matchlen", "BZ2_bzWriteOpen(&bz2err, pf, 1, 0, 0)"],
  ])("is refused when it %s", (_, name, from, to) => {
    const work = mkdtempSync(join(tmpdir(), "native-addon-"));
    try {
      cpSync(join(root, "node_modules", "bsdiff-node", "src"), join(work, "src"), { recursive: true });
      expect(isAdapted(work)).toBe(true);
      const file = join(work, "src", "c", "bsdiff", name);
      const source = readFileSync(file, "latin1");
      expect(source).toContain(from);
      writeFileSync(file, source.replace(from, to), "latin1");
      expect(isAdapted(work)).toBe(false);
      expect(() => adapt(work)).toThrow(UserError);
    } finally {
      rmSync(work, { recursive: true });
    }
  });

  it("is compiled again when the sort has changed", () => {
    const work = mkdtempSync(join(tmpdir(), "native-addon-"));
    try {
      cpSync(join(root, "node_modules", "bsdiff-node", "src"), join(work, "src"), { recursive: true });
      writeFileSync(join(work, "src", "c", "bsdiff", "suffix-array.h"), "/* of yesterday */");
      expect(isAdapted(work)).toBe(false);
      adapt(work);
      expect(isAdapted(work)).toBe(true);
    } finally {
      rmSync(work, { recursive: true });
    }
  });
});

describe("the addon of another machine, without Docker", () => {
  afterEach(() => vi.unstubAllEnvs());

  // One that nobody has compiled for. PATH is read when it is asked.
  it("fails with one clear error", async () => {
    const target = "linux-riscv64";
    vi.stubEnv("PATH", "");
    const lines: string[] = [];
    const error: unknown = await ensureNativeAddon(target, (line) => lines.push(line)).catch(
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(UserError);
    expect((error as Error).message).toBe(
      `Functions on AWS run on ${target}, and this machine is ${HOST}: compiling bsdiff-node for them takes Docker. ` +
        "Install Docker, or deploy from Linux on x64.",
    );
    expect(lines).toEqual([]);
  });
});
