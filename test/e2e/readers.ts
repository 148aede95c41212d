import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { venvBin } from "../../local/paths.ts";
import { root } from "../../tools/checkout.ts";
import { isInPath } from "../../tools/in-path.ts";

/** A program that applies a patch and shares no code with what made it: `<command> <base> <result> <patch>`. */
export interface Reader {
  name: string;
  command: [string, ...string[]];
}

export const BSDIFF4: Reader = {
  name: "Python's bsdiff4",
  command: [join(venvBin, "python"), "-c", "import bsdiff4, sys; bsdiff4.file_patch(*sys.argv[1:])"],
};

export const READERS: Reader[] = [
  BSDIFF4,
  {
    name: "Go's minio/selfupdate",
    command: ["go", "-C", join(root, "test", "fixtures", "go-reader"), "run", "."],
  },
  // Debian's package bsdiff; not everybody has it.
  ...(isInPath("bspatch") ? [{ name: "bspatch", command: ["bspatch"] } satisfies Reader] : []),
];

/** What the patch makes of the base. */
export function applyPatch({ command: [program, ...args] }: Reader, base: Buffer, patch: Buffer): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hkdist-reader-"));
  try {
    const file = (name: string) => join(folder, name);
    writeFileSync(file("base"), base);
    writeFileSync(file("patch"), patch);
    execFileSync(program, [...args, file("base"), file("result"), file("patch")], { timeout: 110_000 });
    return readFileSync(file("result"));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
