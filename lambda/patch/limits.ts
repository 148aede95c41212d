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
  /** The function's memory, in Lambda's megabytes. */
  megabytes: number;
};

/** Bytes: Node, the SDK and bzip2. `npm run bench:patch-limits` found 111 million at most; the rest is for a function's connections. */
export const FIXED_MEMORY = 150e6;
/**
 * Nanoseconds for each step, of which there are (base + target) x log2(base): three times those of the slowest pair of releases of
 * `npm run bench:patch-limits` (docs/patch-limits.md), for slower processors and versions that are further apart.
 */
export const STEP = 60;
/** Lambda's megabytes of memory for one processor; bsdiff uses no more. https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html */
export const ONE_PROCESSOR = 1769;
/** The function's time limit: all that Lambda gives, for only what is used is paid. */
export const LIMIT_SECONDS = 900;
/** Bytes of the largest two binaries for whose patch that is time enough, with some to start in. */
export const LARGEST_PAIR = 255e6;

/**
 * What bsdiff takes for a pair on one processor, with what goes with it: downloads, applying the patch, storing it.
 * It first sorts the base's suffixes (native/suffix-array.h: 4 bytes for each byte beside the base, and 2.25 more at most on the way), then
 * holds them, the target, and two buffers of its size (bsdiff.c in the package).
 * @param baseSize bytes, unpacked; @param targetSize bytes, unpacked
 */
export function needsOf(baseSize: number, targetSize: number): Resources {
  const steps = (baseSize + targetSize) * Math.log2(baseSize + 2);
  return {
    memory: FIXED_MEMORY + Math.max(8 * baseSize, 5 * baseSize + 3 * targetSize),
    // Both, the patch, and what it makes of the base. A patch is hardly larger than its target.
    files: baseSize + 3 * targetSize,
    seconds: 10 + (steps * STEP) / 1e9,
  };
}

/** Part of the function that the largest pair takes: an alarm rings at 0.9, and a file system needs room for itself. */
const FILLED = 0.85;

/**
 * The function that can make a patch between binaries of this size, or of the largest for which there is time: its memory and files in
 * Lambda's megabytes (2^20). It has no less than one processor: with half of it a patch takes twice as
 * long and costs the same; with more it is no faster and costs more (docs/performance.md).
 * @param largestBinary bytes, unpacked
 */
export function functionFor(largestBinary: number): { megabytes: number; temporaryMegabytes: number } {
  const size = Math.min(largestBinary, LARGEST_PAIR);
  const { memory, files } = needsOf(size, size);
  const withRoom = (bytes: number) => Math.ceil(bytes / FILLED / 2 ** 20);
  return {
    megabytes: Math.max(ONE_PROCESSOR, withRoom(memory)),
    temporaryMegabytes: Math.max(512, withRoom(files)),
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

/** Why a pair is not tried here, or undefined when there is room for it. First what no configuration can give. */
export function lackOf(needs: Resources, there: Room): string | undefined {
  const megabytes = (bytes: number) => `${Math.ceil(bytes / 2 ** 20)} MB`;
  const isLargest = there.megabytes >= functionFor(LARGEST_PAIR).megabytes;
  const advice = isLargest ? ", and gets no more" : ": raise largestBinaryBytes, which sizes it";
  if (needs.seconds > there.seconds) {
    return `it may take ${Math.ceil(needs.seconds)} s, the patch function has ${Math.floor(there.seconds)}`;
  }
  if (needs.memory > there.memory) {
    return `it takes ${megabytes(needs.memory)} of memory, the patch function has ${megabytes(there.memory)}${advice}`;
  }
  if (needs.files > there.files) {
    return `it takes ${megabytes(needs.files)} of files, the patch function has room for ${megabytes(there.files)}${advice}`;
  }
  return undefined;
}
