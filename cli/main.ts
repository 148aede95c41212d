// The operator's command: `npx hkdist --help`.
import { EXIT } from "./errors.ts";
import { run } from "./run.ts";

/** Milliseconds. */
const SAME_CTRL_C = 500;

// Who reads with `| head` has seen enough. What was started goes on.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(EXIT.done);
  throw error;
});

// What ends without an answer is a prompt whose input was closed.
process.exitCode = EXIT.declined;
void run({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  env: process.env,
  args: process.argv.slice(2),
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
}).then((exit) => {
  process.exitCode = exit;
  // A request that nobody waits for any more must not keep anybody.
  if (exit === EXIT.interrupted) process.stdout.write("", () => process.exit());
});
