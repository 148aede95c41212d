import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exitWhenInterrupted } from "../../tools/exit-when-interrupted.ts";

const TRIES = 50;

/** A folder that goes with this process. */
export function passingFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `hkdist-${name}-`));
  exitWhenInterrupted();
  process.on("exit", () => {
    // A script that is being ended tidies up in there, too: what vanishes meanwhile makes `rmSync` give up.
    for (let at = 0; at < TRIES && existsSync(folder); at++) {
      rmSync(folder, { recursive: true, force: true });
      if (existsSync(folder)) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  });
  return folder;
}
