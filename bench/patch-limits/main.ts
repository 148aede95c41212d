// npm run bench:patch-limits: what bsdiff takes for pairs of growing size, beside what lambda/patch/limits.ts expects of them.
// Takes some minutes and 2.5 GB of memory; nothing else should run.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { needsOf } from "../../lambda/patch/limits.ts";
import { unpackGzip } from "../../lambda/record/unpack-gzip.ts";
import { pseudoRandom } from "../../test/lambda/support.ts";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import type { OnePair } from "../shared/one-pair.ts";

/** Bytes. */
const SIZES = [1, 4, 16, 48, 110].map((megabytes) => megabytes * 1e6);
/** Bytes. What is not a next version takes so long that larger ones are not waited for. */
const LARGEST_OTHERS = 16e6;

await ensureNativeAddon(HOST, console.error);
const folder = mkdtempSync(join(tmpdir(), "hkdist-patch-limits-"));
try {
  // The largest real program that is certainly here.
  const program = readFileSync(process.execPath);
  console.log(`${cpus()[0]?.model.trim()}, Node ${process.versions.node}

| pair | base and target | peak memory | expected at most | seconds | expected at most | ns a step | patch |
| --- | --- | --- | --- | --- | --- | --- | --- |`);
  for (const size of SIZES.filter((one) => one <= program.length)) {
    for (const [name, base, target] of pairsOf(program.subarray(0, size))) {
      if (name !== "next version" && size > LARGEST_OTHERS) continue;
      const needs = needsOf(base.length, target.length, 1769);
      const { peakBytes, diffSeconds, proveSeconds, patchBytes } = measure(base, target);
      const seconds = diffSeconds + proveSeconds;
      const steps = (base.length + target.length) * Math.log2(base.length + 2);
      const cells = [
        name,
        megabytes(size),
        megabytes(peakBytes),
        megabytes(needs.memory),
        seconds.toFixed(1),
        needs.seconds.toFixed(1),
        ((seconds * 1e9) / steps).toFixed(2),
        megabytes(patchBytes),
      ];
      console.log(`| ${cells.join(" | ")} |`);
    }
  }
  console.log(`\nThe recorder reads ${Math.round((await readingSpeed(program)) / 1e6)} MB/s.`);
} finally {
  rmSync(folder, { recursive: true });
}

/** Bytes, unpacked, that the recorder unpacks, checks and hashes in a second: of a gzip that is in memory. */
async function readingSpeed(program: Buffer): Promise<number> {
  const gzip = gzipSync(program);
  async function* chunks() {
    for (let at = 0; at < gzip.length; at += 65_536) yield gzip.subarray(at, at + 65_536);
  }
  const started = performance.now();
  const { size } = await unpackGzip(chunks(), program.length);
  return (size * 1000) / (performance.now() - started);
}

/** A next version, something else altogether, and what hardly ever differs from itself. */
function pairsOf(base: Buffer): [string, Buffer, Buffer][] {
  const random = pseudoRandom(base.length);
  const next = Buffer.from(base);
  // Of a Go program's next version about one byte in fifty differs, in short runs: addresses.
  for (let at = 0; at < next.length - 4; at += 100 + Math.floor(random() * 200)) {
    next.writeInt32LE(Math.floor(random() * 2 ** 31), at);
  }
  const half = base.length >> 1;
  const inserted = Buffer.concat([next.subarray(0, half), Buffer.alloc(4096, 1), next.subarray(half)]);
  const noise = Buffer.alloc(base.length);
  for (let at = 0; at < noise.length - 4; at += 4) noise.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  const repeated = Buffer.alloc(base.length, base.subarray(0, 64));
  const mended = Buffer.from(repeated);
  for (let at = 0; at < mended.length; at += 10_000) mended[at] = Math.floor(random() * 256);
  return [
    ["next version", base, inserted],
    ["unrelated", base, noise],
    ["repetitive", repeated, mended],
  ];
}

/** In a process of its own, as a function is one: its peak is this pair's. */
function measure(base: Buffer, target: Buffer): OnePair {
  writeFileSync(join(folder, "base"), base);
  writeFileSync(join(folder, "target"), target);
  const script = join(import.meta.dirname, "..", "shared", "one-pair.ts");
  return JSON.parse(execFileSync(process.execPath, [script, folder], { encoding: "utf8" })) as OnePair;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
