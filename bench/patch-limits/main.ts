// npm run bench:patch-limits: what bsdiff takes for pairs of real releases and of growing size, beside what
// lambda/patch/limits.ts expects of them, and what it should expect by that. Takes a quarter of an hour and 2.5 GB of memory;
// nothing else should run.
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { FIXED_MEMORY, needsOf, STEP } from "../../lambda/patch/limits.ts";
import { unpackGzip } from "../../lambda/record/unpack-gzip.ts";
import { pseudoRandom } from "../../test/lambda/support.ts";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import { buildPairs } from "../patches/builds.ts";
import { machine } from "../shared/figures.ts";
import type { OnePair } from "../shared/one-pair.ts";
import { AGE, YQ } from "../shared/products.ts";

/** Bytes. */
const SIZES = [1, 4, 16, 48, 110].map((megabytes) => megabytes * 1e6);
/** Bytes. What is not a next version takes so long that larger ones are not waited for. */
const LARGEST_OTHERS = 16e6;
/** Of releases, as they are built. */
const PLATFORM = "linux-amd64";

await ensureNativeAddon(HOST, console.error);
const folder = mkdtempSync(join(tmpdir(), "hkdist-patch-limits-"));
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
// The largest real program that is certainly here.
const program = readFileSync(process.execPath);
/** The most of all pairs: bytes beside what grows with the files, and nanoseconds a step. */
const most = { fixedMemory: 0, step: 0, nextStep: 0 };
console.log(`${machine()}

| pair | base and target | peak memory | expected at most | seconds | expected at most | ns a step | patch |
| --- | --- | --- | --- | --- | --- | --- | --- |`);
for await (const [name, base, target] of pairs(program)) {
  const needs = needsOf(base.length, target.length, 1769);
  const { peakBytes, diffSeconds, proveSeconds, patchBytes } = measure(base, target);
  const seconds = diffSeconds + proveSeconds;
  const steps = (base.length + target.length) * Math.log2(base.length + 2);
  const cells = [
    name,
    megabytes(base.length),
    megabytes(peakBytes),
    megabytes(needs.memory),
    seconds.toFixed(1),
    needs.seconds.toFixed(1),
    ((seconds * 1e9) / steps).toFixed(2),
    megabytes(patchBytes),
  ];
  console.log(`| ${cells.join(" | ")} |`);
  const step = (seconds * 1e9) / steps;
  most.fixedMemory = Math.max(most.fixedMemory, peakBytes - (needs.memory - FIXED_MEMORY));
  most.step = Math.max(most.step, step);
  if (name !== "unrelated" && name !== "repetitive") most.nextStep = Math.max(most.nextStep, step);
}
const { fixedMemory, step, nextStep } = most;
console.log(`
Beside what grows with the files: ${megabytes(fixedMemory)} at most (the model: ${megabytes(FIXED_MEMORY)}).
A step: ${step.toFixed(1)} ns at most (the model: ${STEP}); of releases and next versions ${nextStep.toFixed(1)} ns.`);
console.log(`\nThe recorder reads ${Math.round((await readingSpeed(program)) / 1e6)} MB/s.`);

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

/** Pairs of real releases, then of growing parts of the program. */
async function* pairs(program: Buffer): AsyncGenerator<[name: string, base: Buffer, target: Buffer]> {
  for (const product of [AGE, YQ]) {
    const pairOf = await buildPairs(product, [PLATFORM], folder, console.error);
    const { base, target } = pairOf(PLATFORM, "ours");
    yield [
      `${product.name} ${product.versions.slice(-2).join(" -> ")}`,
      readFileSync(base),
      readFileSync(target),
    ];
  }
  for (const size of SIZES.filter((one) => one <= program.length)) {
    for (const pair of pairsOf(program.subarray(0, size))) {
      if (pair[0] === "next version" || size <= LARGEST_OTHERS) yield pair;
    }
  }
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
