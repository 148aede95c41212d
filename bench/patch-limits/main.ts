// npm run bench:patch-limits: what patches take, beside what lambda/patch/limits.ts expects. See USAGE.
import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { gunzipSync, gzipSync } from "node:zlib";
import { FIXED_MEMORY, needsOf, STEP } from "../../lambda/patch/limits.ts";
import { unpackGzip } from "../../lambda/record/unpack-gzip.ts";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import { runTool } from "../../tools/run-tool.ts";
import { Workshop } from "../../verify/workshop.ts";
import { buildRelease } from "../shared/build-release.ts";
import { machine, spreadOf, table } from "../shared/figures.ts";
import type { OnePair } from "../shared/one-pair.ts";
import { namedOf } from "../shared/options.ts";
import { passingFolder } from "../shared/passing-folder.ts";
import { AGE, HUGO, type Product, YQ } from "../shared/products.ts";
import { type Pair, programBytes, syntheticPairs } from "./synthetic-pairs.ts";

const USAGE = `npm run --silent bench:patch-limits -- [--only age,yq,hugo]

Makes and applies patches of real releases, from the version before and from the oldest one that benchmarks know, and of made-up files of growing
size, each in a process of its own; ends with what the model in lambda/patch/limits.ts should be. Releases are measured three times.
Takes a quarter of an hour and 2.5 GB of memory; nothing else should run.`;

const PRODUCTS = [AGE, YQ, HUGO];
const RELEASE_RUNS = 3;
/** Of releases. */
const PLATFORM = "linux-amd64";

await runTool(USAGE, parse, main);

function parse(): { products: Product[] } | undefined {
  try {
    const { values } = parseArgs({ options: { only: { type: "string", default: "age,yq,hugo" } } });
    const products = namedOf(values.only, PRODUCTS);
    return products && { products };
  } catch {
    return undefined;
  }
}

async function main({ products }: { products: Product[] }): Promise<number> {
  await ensureNativeAddon(HOST, console.error);
  const folder = passingFolder("bench-patch-limits");
  const measured: Measured[] = [];
  const take = (pair: Pair, kind: Measured["kind"], runs: number) => {
    console.error(`${pair.name}, ${megabytes(pair.base.length)}`);
    const { name, base, target } = pair;
    const about = { name, kind, baseBytes: base.length, targetBytes: target.length };
    for (let run = 0; run < runs; run++) measured.push({ ...about, ...measure(pair, folder) });
  };
  for (const product of products) {
    for (const pair of await releasePairs(product, folder)) take(pair, "release", RELEASE_RUNS);
  }
  for (const pair of syntheticPairs()) take(pair, "made up", 1);
  console.log(report(measured));
  console.log(`\nThe recorder reads ${Math.round((await readingSpeed()) / 1e6)} MB/s.`);
  return 0;
}

interface Measured {
  name: string;
  kind: "release" | "made up";
  baseBytes: number;
  targetBytes: number;
  /** Bytes of the process. */
  peak: number;
  /** With the proof. */
  seconds: number;
  patchBytes: number;
}

/** In a process of its own, as a function is one: its peak is this pair's. */
function measure({ base, target }: Pair, folder: string): Pick<Measured, "peak" | "seconds" | "patchBytes"> {
  writeFileSync(join(folder, "base"), base);
  writeFileSync(join(folder, "target"), target);
  const script = join(import.meta.dirname, "..", "shared", "one-pair.ts");
  const told = JSON.parse(execFileSync(process.execPath, [script, folder], { encoding: "utf8" })) as OnePair;
  return { peak: told.peakBytes, seconds: told.diffSeconds + told.proveSeconds, patchBytes: told.patchBytes };
}

/** To the newest version, from the one before and from the oldest. */
async function releasePairs(product: Product, folder: string): Promise<Pair[]> {
  const workshop = new Workshop("bench-patch-limits", folder);
  const repository = product.repository(workshop.path("repository"));
  const last = product.versions.length - 1;
  const binaries = new Map<number, Buffer>();
  for (const at of new Set([0, last - 1, last])) {
    console.error(`building ${product.name} ${product.versions[at]}`);
    product.release(repository, at);
    const { gzips } = await buildRelease(workshop, product, repository, [PLATFORM]);
    for (const gzip of gzips.values()) binaries.set(at, gunzipSync(gzip));
  }
  workshop.remove();
  const binary = (at: number) => {
    const bytes = binaries.get(at);
    if (bytes !== undefined) return bytes;
    throw new Error(`${product.name} ${product.versions[at]} was not built for ${PLATFORM}`);
  };
  return [...new Set([last - 1, 0])].map((from) => ({
    name: `${product.name} ${product.versions[from]} -> ${product.versions[last]}`,
    base: binary(from),
    target: binary(last),
  }));
}

/** Markdown. */
function report(measured: Measured[]): string {
  const stepsOf = ({ baseBytes, targetBytes }: Measured) =>
    (baseBytes + targetBytes) * Math.log2(baseBytes + 2);
  const nanoseconds = (one: Measured) => (one.seconds * 1e9) / stepsOf(one);
  const needsFor = ({ baseBytes, targetBytes }: Measured) => needsOf(baseBytes, targetBytes);
  const pairs = Map.groupBy(measured, ({ name, baseBytes }) => `${name} ${baseBytes}`).values();
  const rows = [...pairs].flatMap((runs) => {
    const [first] = runs;
    if (first === undefined) return [];
    const needs = needsFor(first);
    const cells = [
      ...[first.name, megabytes(first.baseBytes)],
      megabytes(spreadOf(runs.map(({ peak }) => peak)).most),
      megabytes(needs.memory),
      spreadOf(runs.map(({ seconds }) => seconds)).median.toFixed(1),
      needs.seconds.toFixed(1),
      spreadOf(runs.map(nanoseconds)).median.toFixed(1),
      megabytes(first.patchBytes),
    ];
    return [cells];
  });
  const heads = [
    "pair",
    "base",
    "peak memory",
    "expected at most",
    "seconds",
    "expected",
    "ns a step",
    "patch",
  ];
  const fixed = measured.map((one) => one.peak - (needsFor(one).memory - FIXED_MEMORY));
  const slowest = (kind: Measured["kind"]) =>
    spreadOf(measured.filter((one) => one.kind === kind).map(nanoseconds)).most;
  return [
    `${machine()}; releases ${RELEASE_RUNS} times: the most memory, medians of time.`,
    table(heads, rows),
    `Beside what grows with the files: ${megabytes(Math.max(...fixed))} at most (the model: ${megabytes(FIXED_MEMORY)}).`,
    `A step takes a release ${slowest("release").toFixed(1)} ns at most, three times of which are ` +
      `${(3 * slowest("release")).toFixed(0)} (the model: ${STEP}); what is made up ${slowest("made up").toFixed(1)} ns.`,
  ].join("\n\n");
}

/** Bytes, unpacked, that the recorder unpacks, checks and hashes in a second: of a gzip that is in memory. */
async function readingSpeed(): Promise<number> {
  const program = programBytes();
  const gzip = gzipSync(program);
  async function* chunks() {
    for (let at = 0; at < gzip.length; at += 65_536) yield gzip.subarray(at, at + 65_536);
  }
  const started = performance.now();
  const { size } = await unpackGzip(chunks(), program.length);
  return (size * 1000) / (performance.now() - started);
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(bytes < 10e6 ? 1 : 0)} MB`;
}
