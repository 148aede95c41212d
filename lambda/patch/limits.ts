import { statfs } from "node:fs/promises";

/** What there is to make a patch with, or what making one takes. */
export interface Resources {
  /** Bytes of the process's memory. */
  memory: number;
  /** Bytes of files. */
  files: number;
  seconds: number;
}

export type Room = Resources & {
  /** The function's memory in Lambda's megabytes, with which its processor grows. */
  megabytes: number;
};

/** Bytes: Node, the SDK and bzip2. `npm run bench:patch-limits` found 101 million at most; the rest is for a function's connections. */
export const FIXED_MEMORY = 150e6;
/**
 * Nanoseconds for each step, of which there are (base + target) x log2(base): rounded up from the slowest pair of
 * `npm run bench:patch-limits` (docs/patch-limits.md), two files that have nothing in common. Next versions take a tenth
 * of that, which leaves room for slower processors.
 */
export const STEP = 90;
/** Lambda's megabytes of memory for one processor; bsdiff uses no more. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const ONE_PROCESSOR = 1769;

/**
 * What bsdiff takes for a pair, with what goes with it: downloads, applying the patch, storing it.
 * It first sorts the base's suffixes (native/suffix-array.h: 4 bytes for each byte beside the base, and up to 3 more on the way), then
 * holds them, the target, and two buffers of its size (bsdiff.c in the package).
 * @param baseSize bytes, unpacked; @param targetSize bytes, unpacked
 * @param megabytes the function's memory, with which its processor grows
 */
export function needsOf(baseSize: number, targetSize: number, megabytes: number): Resources {
  const steps = (baseSize + targetSize) * Math.log2(baseSize + 2);
  return {
    memory: FIXED_MEMORY + Math.max(8 * baseSize, 5 * baseSize + 3 * targetSize),
    // Both, the patch, and what it makes of the base. A patch is hardly larger than its target.
    files: baseSize + 3 * targetSize,
    seconds: 10 + (steps * STEP) / 1e9 / Math.min(1, megabytes / ONE_PROCESSOR),
  };
}

/** What Lambda gives a function at most: megabytes of memory and of files, and seconds. */
const MOST = { megabytes: 10_240, temporaryMegabytes: 10_240, seconds: 900 };
/** Seconds of a call that are not the pair's: the start, and the table. */
const AROUND = 20;
/** Part of the function that the largest pair takes: an alarm rings at 0.9, and a file system needs room for itself. */
const FILLED = 0.85;

/**
 * The function that can make a patch between binaries of this size, as far as Lambda has one: its memory and files in
 * Lambda's megabytes (2^20), its time limit in seconds. It has no less than one processor: with half of it a patch takes twice as
 * long and costs the same; with more it is no faster and costs more (docs/performance.md).
 * @param largestBinary bytes, unpacked
 */
export function functionFor(largestBinary: number): typeof MOST {
  const { memory, files, seconds } = needsOf(largestBinary, largestBinary, ONE_PROCESSOR);
  const between = (least: number, needed: number, most: number) =>
    Math.min(Math.max(least, Math.ceil(needed)), most);
  return {
    megabytes: between(ONE_PROCESSOR, memory / FILLED / 2 ** 20, MOST.megabytes),
    temporaryMegabytes: between(512, files / FILLED / 2 ** 20, MOST.temporaryMegabytes),
    seconds: between(0, (seconds + AROUND) / FILLED, MOST.seconds),
  };
}

/** What the function has, as Lambda tells it. @param folder where its files go */
export async function resourcesHere(folder: string, deadline: number): Promise<Room> {
  const { bavail, bsize } = await statfs(folder);
  const megabytes = Number(process.env["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]);
  return {
    megabytes,
    memory: megabytes * 2 ** 20,
    files: bavail * bsize,
    seconds: (deadline - Date.now()) / 1000,
  };
}

/** Why a pair is not tried here, or undefined when there is room for it. */
export function lackOf(needs: Resources, there: Room): string | undefined {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  const advice = there.megabytes < MOST.megabytes ? ": raise largestBinaryBytes, which sizes it" : "";
  if (needs.memory > there.memory) {
    return `it takes ${megabytes(needs.memory)} of memory, the patch function has ${megabytes(there.memory)}${advice}`;
  }
  if (needs.files > there.files) {
    return `it takes ${megabytes(needs.files)} of files, the patch function has room for ${megabytes(there.files)}${advice}`;
  }
  if (needs.seconds > there.seconds) {
    return `it may take ${Math.ceil(needs.seconds)} s, the patch function has ${Math.floor(there.seconds)}`;
  }
  return undefined;
}
