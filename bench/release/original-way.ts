import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { bestGzip, plainBuild } from "../shared/plain-build.ts";
import type { Product } from "../shared/products.ts";

/** Seconds. */
export interface OriginalTimes {
  wall: number;
  clone: number;
  builds: number;
  patches: number;
}

/**
 * A release the original's way: the tag cloned, each platform built by plain `go build`, one after another, then Debian's bsdiff
 * for each patch, one after another. It is spared what it also had to do: to fetch modules, and to store anything.
 * @param repository its folder
 * @param bases plain builds of the base versions: a platform's files
 */
export function originalWay(
  { command }: Product,
  repository: string,
  tag: string,
  bases: ReadonlyMap<string, readonly string[]>,
  folder: string,
): OriginalTimes {
  const work = join(folder, "original");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(work, { recursive: true });
  const tree = join(work, "tree");
  const built = (platform: string) => join(work, platform);
  const started = performance.now();
  execFileSync("git", ["clone", "--quiet", "--branch", tag, repository, tree], { stdio: "pipe" });
  const cloned = performance.now();
  for (const platform of bases.keys()) {
    plainBuild(tree, command.mainPackage, platform, built(platform));
    bestGzip(built(platform));
  }
  const compiled = performance.now();
  for (const [platform, files] of bases) {
    for (const base of files) execFileSync("bsdiff", [base, built(platform), join(work, "patch")]);
  }
  const ended = performance.now();
  return {
    wall: (ended - started) / 1000,
    clone: (cloned - started) / 1000,
    builds: (compiled - cloned) / 1000,
    patches: (ended - compiled) / 1000,
  };
}
