// The operator's command: `npx hkdist --help`.
import { EXIT } from "./errors.ts";
import { run } from "./run.ts";

/** Milliseconds. */
const SAME_CTRL_C = 500;

process.exitCode = await run(process.argv.slice(2), {
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  onInterrupt(listener) {
    let first: number | undefined;
    // npm passes a Ctrl-C on that the terminal has sent to us, too: what follows at once is the same one.
    const heard = () => {
      if (first !== undefined && Date.now() - first > SAME_CTRL_C) process.exit(EXIT.interrupted);
      first ??= Date.now();
      listener();
    };
    process.on("SIGINT", heard);
    return () => process.off("SIGINT", heard);
  },
});
