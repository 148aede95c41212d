import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Command, CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
import { root } from "../tools/checkout.ts";
import { auditCommand } from "./commands/audit.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { historyCommand } from "./commands/history.ts";
import { promoteCommand } from "./commands/promote.ts";
import { releaseCommand } from "./commands/release.ts";
import { releasesCommand } from "./commands/releases.ts";
import { rollbackCommand } from "./commands/rollback.ts";
import { showCommand } from "./commands/show.ts";
import { statusCommand } from "./commands/status.ts";
import { watchCommand } from "./commands/watch.ts";
import { yankCommand } from "./commands/yank.ts";
import { CliError, EXIT } from "./errors.ts";
import type { Io } from "./io.ts";
import { tellError } from "./program.ts";

const COMMANDS: ((io: Io, ended: (exit: number) => void) => CommandUnknownOpts)[] = [
  releaseCommand,
  watchCommand,
  statusCommand,
  releasesCommand,
  showCommand,
  promoteCommand,
  rollbackCommand,
  yankCommand,
  historyCommand,
  auditCommand,
  doctorCommand,
];

/** All commands. @param ended gets the exit code of the one that ran */
export function programFor(io: Io, ended: (exit: number) => void): CommandUnknownOpts {
  const isJson = io.args.includes("--json");
  const program = new Command("hkdist")
    .description(
      "Releases, rolls back and withdraws versions of Go command-line tools, and shows what is out there.",
    )
    .usage("<command> [options]")
    .version(version, "--version", "this checkout's version")
    .showHelpAfterError(
      "next:  npx hkdist --help, or npx hkdist <command> --help; options come after the command",
    )
    .addHelpText("after", HELP)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      // It is told as JSON below.
      writeErr: (text) => void (isJson || io.stderr.write(text)),
      getOutHelpWidth: () => io.stdout.columns || 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
    });
  for (const make of COMMANDS) program.addCommand(make(io, ended).copyInheritedSettings(program));
  return program;
}

/** Runs one command line. @returns the exit code (errors.ts) */
export async function run(io: Io): Promise<number> {
  let exit: number = EXIT.done;
  const program = programFor(io, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(io.args, { from: "user" });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return EXIT.done;
    if (io.args.includes("--json")) {
      tellError(
        io,
        true,
        new CliError("Usage", error.message.replace(/^error: /, ""), { next: "npx hkdist --help" }),
      );
    }
    return EXIT.usage;
  }
}

const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

const HELP = `
Examples:
  npx hkdist release greet          start a release and follow it
  npx hkdist status --local         the same commands work on the local AWS of this checkout
  npx hkdist rollback greet         undo a mistake

Ends with 0 done, 1 failed or refused, 2 not understood, 3 not found, 4 not allowed, 5 declined, 6 AWS not reached, 130 Ctrl-C
(docs/cli.md). Rights: docs/operators.md. What is wrong? npx hkdist doctor`;
