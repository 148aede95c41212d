import { copyFileSync, existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.ts";
import { UserError } from "./user-error.ts";

/** What is changed in the package's source before it is compiled; why, is in docs/adr/0024. Its own sort stays there, and is not called. */
const CHANGES: { file: string; from: string; to: string; times: number }[] = [
  // Patches in bzip2 blocks of 100 kB instead of 900.
  {
    file: "src/c/bsdiff/bsdiff.c",
    from: "BZ2_bzWriteOpen(&bz2err, pf, 9, 0, 0)",
    to: "BZ2_bzWriteOpen(&bz2err, pf, 1, 0, 0)",
    times: 3,
  },
  // Suffixes sorted by native/suffix-array.h.
  ...[
    ['#include "../shared.h"\r\n\r\n', '#include "../shared.h"\r\n#include "suffix-array.h"\r\n'],
    ["static off_t search(off_t *I,", "static off_t search(int32_t *I,"],
    ["\toff_t *I,*V;\r\n", "\tint32_t *I;\r\n"],
    [
      "if(((I=malloc((oldsize+1)*sizeof(off_t)))==NULL) ||\r\n\t\t((V=malloc((oldsize+1)*sizeof(off_t)))==NULL))",
      "if((I=sorted_suffixes(old,oldsize))==NULL)",
    ],
    ["\tqsufsort(I,V,old,oldsize);\r\n\r\n\tfree(V);\r\n", "\t/* They are sorted. */\r\n"],
  ].map(([from = "", to = ""]) => ({ file: "src/c/bsdiff/bsdiff.c", from, to, times: 1 })),
  // No word about progress to the main thread, tens of thousands of times, which nobody listens to.
  {
    file: "src/DiffWorkerCallback.cpp",
    from: "&data, &DiffWorkerCallback::CCallback)",
    to: "&data, nullptr)",
    times: 1,
  },
];
const SORT = join(root, "native", "suffix-array.h");

/** Whether the package's source is what we compile. @param folder of the package */
export function isAdapted(folder: string): boolean {
  const copy = sortIn(folder);
  if (!existsSync(copy) || !readFileSync(copy).equals(readFileSync(SORT))) return false;
  return CHANGES.every((change) => isMade(change, readFileSync(join(folder, change.file), "latin1")));
}

/**
 * Makes the package's source what we compile; all of it is checked before anything is written. Files are replaced, for npm may have linked them from a cache.
 * @throws UserError when it is not the source that this was written for
 */
export function adapt(folder: string): void {
  const sources = new Map<string, string>();
  for (const change of CHANGES) {
    const file = join(folder, change.file);
    const source = sources.get(file) ?? (existsSync(file) ? readFileSync(file, "latin1") : "");
    const pieces = source.split(change.from);
    if (isMade(change, source)) continue;
    if (pieces.length - 1 !== change.times) {
      throw new UserError(
        `${file} is not the source that hkdist changes before it compiles it (docs/adr/0024). If it was edited, \`npm ci\` brings ` +
          "it back; if bsdiff-node has another version, tools/adapt-bsdiff.ts must be written for that one.",
      );
    }
    sources.set(file, pieces.join(change.to));
  }
  for (const [file, source] of sources) {
    writeFileSync(`${file}.new`, source, "latin1");
    renameSync(`${file}.new`, file);
  }
  copyFileSync(SORT, sortIn(folder));
}

function isMade({ from, to, times }: (typeof CHANGES)[number], source: string): boolean {
  return !source.includes(from) && source.split(to).length - 1 === times;
}

function sortIn(folder: string): string {
  return join(folder, "src", "c", "bsdiff", "suffix-array.h");
}
