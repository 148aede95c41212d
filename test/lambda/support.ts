import { readFileSync } from "node:fs";
import type { Artifact } from "../../lambda/shared/artifacts.ts";
import type { Source } from "../../lambda/shared/sources.ts";

/** The error that a call throws; fails when it throws none. */
export function errorOf(call: () => unknown): Error {
  try {
    call();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error("expected an error");
}

/** Numbers from 0 to below 1, the same ones in every run. */
export function pseudoRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A SHA-256 in the protocol's form, told apart by its first byte. */
export const sha256 = (first: number) => Buffer.alloc(32, 1).fill(first, 0, 1).toString("base64");

export function artifact(cmd: string, version: string, platform: string, hash = sha256(1)): Artifact {
  return {
    cmd,
    version,
    platform,
    sha256: hash,
    size: 2000,
    gzSize: 1000,
    key: `${cmd}/${version}/${platform}.gz`,
    s3VersionId: "v1",
    recordedAt: "2026-01-31T12:00:00.000Z",
  };
}

export const SOURCE: Source = {
  cmd: "greet",
  version: "20260131.1",
  tag: "v20260131.1",
  tagObject: "a".repeat(40),
  commit: "b".repeat(40),
  commitDate: "2026-01-31T11:00:00Z",
  tagDate: "2026-01-31T12:00:00Z",
  signer: "",
  goVersion: "1.26.8",
  archiveKey: `sources/greet/20260131.1/${"c".repeat(64)}.tar.gz`,
  archiveSha256: "c".repeat(64),
};

/** The text of a file of this repository. */
export function fileText(path: string): string {
  return readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
}
