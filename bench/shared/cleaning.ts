import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Ends this process by way of its `exit` event when it is interrupted, so that what cleans up there is run. */
export function exitWhenInterrupted(): void {
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
}

/** A folder that goes with this process. */
export function passingFolder(name: string): string {
  const folder = mkdtempSync(join(tmpdir(), `hkdist-${name}-`));
  exitWhenInterrupted();
  process.on("exit", () => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
