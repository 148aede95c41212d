import { UserError } from "./user-error.ts";

/**
 * Runs a command-line tool on its arguments. Its exit code is what `main` returns; 2, with the usage, when `parse` did not
 * understand them; 1 when something is thrown: a UserError is told as its sentence, anything else with its message, and with
 * its stack where HKDIST_DEBUG is set.
 */
export async function runTool<Request>(
  usage: string,
  parse: () => Request | undefined,
  main: (request: Request) => Promise<number>,
): Promise<void> {
  const request = parse();
  if (request === undefined) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  try {
    process.exitCode = await main(request);
  } catch (error) {
    if (error instanceof UserError) console.error(error.message);
    else if (process.env["HKDIST_DEBUG"]) console.error(error);
    else console.error(`It failed: ${(error as Error).message} (HKDIST_DEBUG=1 shows where)`);
    process.exitCode = 1;
  }
}
