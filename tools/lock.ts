import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, isRunning, type ProcessIdentity } from "./process-identity.ts";
import { UserError } from "./user-error.ts";

interface LockOptions {
  /** How long to wait for another holder; 0 fails at once. */
  waitSeconds: number;
  /** Told once when there is another holder to wait for. */
  onWait?: (holder: number) => void;
}

/**
 * Runs `work` while no other process holds the lock file. The lock of a process that has died is taken over.
 * Throws UserError, naming the holder, when it does not come free in time.
 */
export async function withLock<T>(file: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const deadline = Date.now() + options.waitSeconds * 1000;
  let told = false;
  while (!take(file)) {
    const holder = read(file);
    if (holder === null) continue; // just released
    if (!isRunning(holder)) {
      // Renamed first, so that of two processes that see a dead holder only one removes the file.
      const stale = `${file}.stale-${process.pid}`;
      try {
        renameSync(file, stale);
        // Between the two looks the dead holder's lock may have become a live one: that goes back.
        const taken = read(stale);
        if (taken !== null && isRunning(taken)) linkSync(stale, file);
        rmSync(stale, { force: true });
      } catch {
        // The other one was faster.
      }
      continue;
    }
    if (Date.now() >= deadline) {
      throw new UserError(
        `Process ${holder.pid} is working on ${dirname(file)}: wait until it has ended, or end it, then try again.`,
      );
    }
    if (!told) options.onWait?.(holder.pid);
    told = true;
    await sleep(200);
  }
  try {
    return await work();
  } finally {
    rmSync(file, { force: true });
  }
}

/** The lock appears with its content in it: linking is atomic, writing is not. */
function take(file: string): boolean {
  const own = `${file}.${process.pid}`;
  writeFileSync(own, JSON.stringify(identify(process.pid)));
  try {
    linkSync(own, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return false;
  } finally {
    rmSync(own, { force: true });
  }
}

function read(file: string): ProcessIdentity | null {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
  } catch {
    return null;
  }
}
