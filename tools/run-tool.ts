import { UserError } from "./user-error.ts";

/**
 * Runs a command-line tool. Its exit code is what `main` returns, or 1 when it throws: a UserError is told as its sentence,
 * anything else with its message, and with its stack where HKDIST_DEBUG is set.
 */
export async function runTool(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (error instanceof UserError) console.error(error.message);
    else if (process.env["HKDIST_DEBUG"]) console.error(error);
    else console.error(`It failed: ${(error as Error).message} (HKDIST_DEBUG=1 shows where)`);
    process.exitCode = 1;
  }
}
