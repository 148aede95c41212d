import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ensureNativeAddon, HOST } from "../../../tools/native-addon.ts";
import { lacks } from "../../programs.ts";
import { pseudoRandom } from "../support.ts";

// Loaded when the addon is there.
let engine: typeof import("../../../lambda/patch/engine.ts");
beforeAll(async () => {
  await ensureNativeAddon(HOST, console.error);
  engine = await import("../../../lambda/patch/engine.ts");
});

const lacksBsdiff = lacks(["bsdiff"], "that patches say what Debian's bsdiff says");
/** Prints what a patch says, without how that was compressed. */
const STREAMS = `
import bz2, struct, sys
patch = open(sys.argv[1], "rb").read()
control, difference = struct.unpack("<qq", patch[8:24])
ends = [32, 32 + control, 32 + control + difference, len(patch)]
sys.stdout.buffer.write(patch[24:32])
for start, end in zip(ends, ends[1:]):
    stream = bz2.decompress(patch[start:end])
    sys.stdout.buffer.write(len(stream).to_bytes(8, "little") + stream)
`;

const random = pseudoRandom(24);
const noise = (length: number, symbols = 256) =>
  Buffer.from(Array.from({ length }, () => Math.floor(random() * symbols)));
/** Changed here and there, with a piece more and a piece less. */
function next(base: Buffer): Buffer {
  const changed = Buffer.from(base);
  for (let at = 0; at < changed.length; at += 1 + Math.floor(random() * 300))
    changed[at] = Math.floor(random() * 256);
  const [third, half] = [Math.floor(base.length / 3), base.length >> 1];
  return Buffer.concat([changed.subarray(half), noise(third), changed.subarray(0, half - (half >> 3))]);
}
function fibonacci(length: number): Buffer {
  let [one, other] = ["a", "ab"];
  while (other.length < length) [one, other] = [other, other + one];
  return Buffer.from(other.slice(0, length));
}

const program = readFileSync(process.execPath).subarray(3_000_000, 3_400_000);
/** What suffix sorting finds hard, and what it is for. */
const BASES: [string, Buffer][] = [
  ["nothing", Buffer.alloc(0)],
  ["one byte", Buffer.from("x")],
  ["two bytes", Buffer.from("xy")],
  ["zeros", Buffer.alloc(50_000)],
  ["the greatest byte", Buffer.alloc(5000, 255)],
  ["a period", Buffer.from("abcabcabd".repeat(3000))],
  ["a Fibonacci word", fibonacci(40_000)],
  ["all that rises", Buffer.from(Array.from({ length: 256 }, (_, at) => at))],
  ["all that falls", Buffer.from(Array.from({ length: 256 }, (_, at) => 255 - at))],
  ["two symbols", noise(30_000, 2)],
  ["noise", noise(100_000)],
  ["the same twice", Buffer.concat(Array(2).fill(noise(40_000)))],
  ["a program", program],
];

describe("a patch", () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "engine-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  describe.each(BASES)("from %s", (_, base) => {
    const TARGETS: [string, Buffer][] = [
      ["a next version", next(base)],
      ["itself", base],
      ["noise", noise(3000)],
      ["nothing", Buffer.alloc(0)],
    ];
    const diff = async (target: Buffer) => {
      writeFileSync(file("base"), base);
      writeFileSync(file("target"), target);
      await engine.diff(folder);
    };

    it.each(TARGETS)("to %s makes it", async (_, target) => {
      await diff(target);
      await engine.prove(folder, "the patch", createHash("sha256").update(target).digest("base64"));
      expect(readFileSync(file("result"))).toEqual(target);
    });

    // That one maps files into memory, which cannot be done with empty ones.
    const filled = TARGETS.filter(([, target]) => base.length > 0 && target.length > 0);
    it.skipIf(lacksBsdiff).each(filled)("to %s says what Debian's bsdiff says", async (_, target) => {
      await diff(target);
      execFileSync("bsdiff", [file("base"), file("target"), file("debian")]);
      const told = (name: string) =>
        execFileSync("python3", ["-c", STREAMS, file(name)], { maxBuffer: 2 ** 24 });
      expect(told("patch")).toEqual(told("debian"));
    });
  });
});
