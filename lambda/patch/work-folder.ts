import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/**
 * An empty folder for one patch. Those of processes that are no more are removed: Lambda keeps the files of a function that it
 * killed, and the next call in their place would find no room.
 */
export async function workFolder(): Promise<string> {
  for (const name of await readdir(tmpdir())) {
    const owner = /^patch-(\d+)-/.exec(name)?.[1];
    // A process makes one patch after another, so what has its own number is left over too.
    if (owner === undefined || (Number(owner) !== process.pid && isAlive(Number(owner)))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
  return mkdtemp(join(tmpdir(), `patch-${process.pid}-`));
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
