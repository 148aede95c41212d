import { Command, CommanderError, type CommandUnknownOpts } from "@commander-js/extra-typings";
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
import { EXIT } from "./errors.ts";
import type { Io } from "./io.ts";

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
  const program = new Command("hkdist")
    .description(
      "Releases, rolls back and withdraws versions of Go command-line tools, and shows what is out there.",
    )
    .usage("<command> [options]")
    .showHelpAfterError("(--help tells more)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns || 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
    });
  for (const make of COMMANDS) program.addCommand(make(io, ended).copyInheritedSettings(program));
  return program;
}

/** Runs one command line. @returns the exit code (errors.ts) */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.done;
  const program = programFor(io, (code) => {
    exit = code;
  });
  try {
    await program.parseAsync(args, { from: "user" });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}
