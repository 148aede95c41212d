// one-pair.ts <folder>: makes the patch from `base` to `target` and proves it, as the patch function does with what it loads.
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { diff, prove } from "../../lambda/patch/engine.ts";
import { hashFile } from "../../lambda/patch/stored-files.ts";
import "@aws-sdk/client-s3";
import "@aws-sdk/lib-dynamodb";

/** What one pair took: seconds, and bytes. */
export interface OnePair {
  diffSeconds: number;
  proveSeconds: number;
  /** Of the whole process. */
  peakBytes: number;
  patchBytes: number;
}

const folder = process.argv[2] ?? "";
// The function has it from the table.
const sha256 = await hashFile(join(folder, "target"));
const started = performance.now();
await diff(folder);
const made = performance.now();
await prove(folder, "the patch", sha256);
const pair: OnePair = {
  diffSeconds: (made - started) / 1000,
  proveSeconds: (performance.now() - made) / 1000,
  peakBytes: peak(),
  patchBytes: statSync(join(folder, "patch")).size,
};
console.log(JSON.stringify(pair));

/** Of this program: what `maxRSS` tells may be that of the one which started it. */
function peak(): number {
  const told = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
  return Number(told) * 1024;
}
