import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

// bsdiff compresses each of a patch's three streams with one call of this form; the number is bzip2's block size in 100 kB.
const CALL = /BZ2_bzWriteOpen\(&bz2err, pf, (\d), 0, 0\)/g;
const STREAMS = 3;
const BLOCKS = "1";

/** Whether the package's source compresses patches in blocks of 100 kB (docs/adr/0024). @param folder of the package */
export function hasSmallBlocks(folder: string): boolean {
  const calls = [...readFileSync(sourceIn(folder), "utf8").matchAll(CALL)];
  return calls.length === STREAMS && calls.every(([, blocks]) => blocks === BLOCKS);
}

/**
 * Makes the package's source compress in blocks of 100 kB. The file is replaced, for npm may have linked it from a cache.
 * @throws Error when the source is another one than this was written for
 */
export function setSmallBlocks(folder: string): void {
  const file = sourceIn(folder);
  const source = readFileSync(file, "utf8");
  const found = source.match(CALL)?.length ?? 0;
  if (found !== STREAMS) throw new Error(`${file} opens ${found} bzip2 streams and not ${STREAMS}`);
  writeFileSync(
    `${file}.new`,
    source.replace(CALL, (call, blocks) => call.replace(`, ${blocks},`, `, ${BLOCKS},`)),
  );
  renameSync(`${file}.new`, file);
}

function sourceIn(folder: string): string {
  return join(folder, "src", "c", "bsdiff", "bsdiff.c");
}
