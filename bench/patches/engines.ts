import { join } from "node:path";
import { BSDIFF, lackOfProgram, type Program } from "../shared/programs.ts";
import type { Build } from "./builds.ts";
import {
  BSDIFF_NODE,
  BSDIFF4_PYTHON,
  ensureBsdiff4,
  ensureBsdiffNode,
  ensureQbsdiff,
  QBSDIFF,
} from "./foreign.ts";

/** Files of one pair: a command reads the first two and writes the others. */
export interface Files {
  folder: string;
  base: string;
  target: string;
  patch: string;
  result: string;
}

export interface Engine {
  name: string;
  /** What it is called in tables, where that is more than its name. */
  title?: string;
  /** `ours` is what buildspec/build.sh makes, `plain` what `go build` makes by itself. */
  build: Build;
  program?: Program;
  /** Fetches it into .local. */
  ensure?: (log: (line: string) => void) => Promise<void>;
  make: (files: Files) => string[];
  /** What makes `result`; without it `make` has done so already, and tells how long that took. */
  apply?: (files: Files) => string[];
}

const bsdiff = {
  program: BSDIFF,
  make: ({ base, target, patch }: Files) => ["bsdiff", base, target, patch],
  apply: ({ base, result, patch }: Files) => ["bspatch", base, result, patch],
};
const python = (call: string, ...files: string[]) => [
  BSDIFF4_PYTHON,
  "-c",
  `import sys, bsdiff4; bsdiff4.${call}(*sys.argv[1:])`,
  ...files,
];
const bsdiffNode = (call: string, ...files: string[]) => [
  process.execPath,
  ...["-e", "require(process.argv[1])[process.argv[2]](...process.argv.slice(3))"],
  ...[BSDIFF_NODE, call, ...files],
];
/** A command that writes to its standard output. */
const into = (file: string, ...command: string[]) => ["sh", "-c", 'exec "$@" >"$0"', file, ...command];

/** What the patch function runs; the others are compared with it. */
export const OURS = "ours";
/** Of the original: what it built, and what its builders had to make patches with. */
export const HKDIST = "hkdist";
/** bsdiff 4.3, which all ratios are to. */
export const REFERENCE = "bsdiff";

export const ENGINES: readonly Engine[] = [
  {
    name: OURS,
    build: "ours",
    make: ({ folder }) => [
      process.execPath,
      join(import.meta.dirname, "..", "shared", "one-pair.ts"),
      folder,
    ],
  },
  { name: HKDIST, title: "hkdist's way", build: "plain", ...bsdiff },
  { name: REFERENCE, title: "bsdiff 4.3", build: "ours", ...bsdiff },
  {
    name: "bsdiff-node",
    title: "bsdiff-node, as it comes",
    build: "ours",
    ensure: ensureBsdiffNode,
    make: ({ base, target, patch }) => bsdiffNode("diff", base, target, patch),
    apply: ({ base, result, patch }) => bsdiffNode("patch", base, result, patch),
  },
  {
    name: "bsdiff4",
    build: "ours",
    ensure: ensureBsdiff4,
    make: ({ base, target, patch }) => python("file_diff", base, target, patch),
    apply: ({ base, result, patch }) => python("file_patch", base, result, patch),
  },
  {
    name: "qbsdiff",
    build: "ours",
    ensure: ensureQbsdiff,
    make: ({ base, target, patch }) => [QBSDIFF, "make", base, target, patch],
    apply: ({ base, result, patch }) => [QBSDIFF, "apply", base, patch, result],
  },
  {
    name: "zstd",
    title: "zstd -19 --patch-from",
    build: "ours",
    program: { name: "zstd", debian: "zstd" },
    make: ({ base, target, patch }) => zstd("-19", "--long=27", `--patch-from=${base}`, target, "-o", patch),
    apply: ({ base, result, patch }) => zstd("-d", "--long=27", `--patch-from=${base}`, patch, "-o", result),
  },
  {
    name: "xz",
    title: "xz -9e, in full",
    build: "ours",
    program: { name: "xz", debian: "xz-utils" },
    make: ({ target, patch }) => into(patch, "xz", "-9e", "--threads=1", "--stdout", target),
    apply: ({ patch, result }) => into(result, "xz", "--decompress", "--format=xz", "--stdout", patch),
  },
];

function zstd(...args: string[]): string[] {
  return ["zstd", "--quiet", "--force", "--single-thread", ...args];
}

/** Makes an engine ready. @returns why it cannot be had, if so */
export async function lackOfEngine(engine: Engine, log: (line: string) => void): Promise<string | undefined> {
  const lack = engine.program && lackOfProgram(engine.program);
  if (lack !== undefined) return lack;
  try {
    await engine.ensure?.(log);
    return undefined;
  } catch (error) {
    // The end of a log may follow.
    return (error as Error).message.split("\n")[0];
  }
}
