import { withLock } from "./lock.ts";
import { endCommands } from "./run.ts";

export interface TidyRun {
  /** Only one such run at once. */
  lockFile: string;
  work: () => Promise<void>;
  /** Takes away what the work made: in the end, after an interruption, and first of all what an interrupted run left. */
  cleanUp: () => Promise<void>;
  /** What is done instead of that when the work failed, and the message that is told of it. */
  failed?: (error: Error) => Promise<string>;
}

/** Milliseconds. */
const SAME_SIGNAL = 1000;

/** Runs what makes much and leaves nothing, whatever ends it. The process ends with 1 when it failed, with 130 after a signal. */
export async function tidyRun({ lockFile, work, cleanUp, failed }: TidyRun): Promise<void> {
  let interrupted: number | undefined;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (interrupted !== undefined) {
        // npm passes on what the terminal has sent to us, too: only a later one is another one, of somebody who will not wait.
        if (Date.now() - interrupted > SAME_SIGNAL) process.exit(130);
        return;
      }
      interrupted = Date.now();
      console.error(`\nStopped by ${signal}; cleaning up.`);
      endCommands();
      void cleanUp().finally(() => process.exit(130));
    });
  }
  // The clean-up takes what the work stands on; what the work says then is of no interest.
  const unlessInterrupted = () => (interrupted !== undefined ? new Promise<never>(() => {}) : undefined);
  try {
    await withLock(lockFile, { waitSeconds: 0 }, async () => {
      await cleanUp();
      try {
        await work();
      } catch (error) {
        await unlessInterrupted();
        if (failed !== undefined) throw new Error(await failed(error as Error), { cause: error });
        await cleanUp();
        throw error;
      }
      await unlessInterrupted();
      await cleanUp();
    });
  } catch (error) {
    console.error(`\n${(error as Error).message}`);
    process.exit(1);
  }
}
