import { readFileSync } from "node:fs";
import { pseudoRandom } from "../../test/lambda/support.ts";

export interface Pair {
  name: string;
  base: Buffer;
  target: Buffer;
}

/** Bytes. */
const SIZES = [1, 4, 16, 48, 110].map((megabytes) => megabytes * 1e6);
/** Bytes. What is not a next version takes so long that larger ones are not waited for. */
const LARGEST_OTHERS = 16e6;

/** The largest real program that is certainly here: this Node. */
export function programBytes(): Buffer {
  return readFileSync(process.execPath);
}

/** Of growing parts of a real program: a next version, what has nothing in common, what hardly differs from itself. */
export function* syntheticPairs(): Generator<Pair> {
  const program = programBytes();
  for (const size of SIZES.filter((one) => one <= program.length)) {
    const base = program.subarray(0, size);
    yield { name: "next version", base, target: nextVersion(base) };
    if (size > LARGEST_OTHERS) continue;
    const random = pseudoRandom(size);
    yield { name: "unrelated", base, target: noise(size, random) };
    yield { name: "noise to noise", base: noise(size, random), target: noise(size, random) };
    const repeated = Buffer.alloc(size, program.subarray(0, 64));
    const mended = Buffer.from(repeated);
    for (let at = 0; at < size; at += 10_000) mended[at] = Math.floor(random() * 256);
    yield { name: "repetitive", base: repeated, target: mended };
  }
}

/** Of a Go program's next version about one byte in fifty differs, in short runs: addresses. And it has 4 kB more. */
function nextVersion(base: Buffer): Buffer {
  const random = pseudoRandom(base.length);
  const next = Buffer.from(base);
  for (let at = 0; at < next.length - 4; at += 100 + Math.floor(random() * 200)) {
    next.writeInt32LE(Math.floor(random() * 2 ** 31), at);
  }
  const half = base.length >> 1;
  return Buffer.concat([next.subarray(0, half), Buffer.alloc(4096, 1), next.subarray(half)]);
}

function noise(length: number, random: () => number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let at = 0; at < length - 4; at += 4) bytes.writeUInt32LE(Math.floor(random() * 2 ** 32), at);
  return bytes;
}
