import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, linkSync, mkdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import type { OnePair } from "../shared/one-pair.ts";
import type { BuiltPair } from "./builds.ts";
import type { Engine } from "./engines.ts";

/** What one run of an engine took: seconds and bytes. */
export interface Measured {
  patchBytes: number;
  /** With the proof, where the engine is ours. */
  makeSeconds: number;
  makePeakBytes: number;
  applySeconds: number;
}

/**
 * Makes a patch and applies it, each in a process of its own.
 * @throws Error when that does not make the target
 */
export function measure(engine: Engine, pair: BuiltPair, work: string): Measured {
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const inWork = (name: string) => join(work, name);
  const [base = "", target = "", patch = "", result = ""] = ["base", "target", "patch", "result"].map(inWork);
  link(pair.base, base);
  link(pair.target, target);
  const files = { folder: work, base, target, patch, result };

  const made = run(engine.make(files), inWork("made.json"));
  const told = engine.apply === undefined ? (JSON.parse(made.output) as OnePair) : undefined;
  const applied = engine.apply && run(engine.apply(files), inWork("applied.json"));
  if (!hashOf(result).equals(hashOf(target))) throw new Error(`${engine.name} makes another file`);
  return {
    patchBytes: statSync(patch).size,
    // Of ours without the start of Node, which is no part of a pair's time in the function.
    makeSeconds: told === undefined ? made.seconds : told.diffSeconds + told.proveSeconds,
    makePeakBytes: made.peakBytes,
    applySeconds: told?.proveSeconds ?? applied?.seconds ?? 0,
  };
}

function run(command: string[], resultFile: string): { seconds: number; peakBytes: number; output: string } {
  const wrapper = join(import.meta.dirname, "measure.py");
  const output = execFileSync("python3", [wrapper, resultFile, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "pipe"],
  });
  const counted = JSON.parse(readFileSync(resultFile, "utf8")) as { seconds: number; peakBytes: number };
  return { ...counted, output };
}

function hashOf(file: string): Buffer {
  return createHash("sha256").update(readFileSync(file)).digest();
}

function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, to);
  }
}
