import { Command, CommanderError } from "@commander-js/extra-typings";
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

const COMMANDS = [
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

/** Runs one command line. @returns the exit code (errors.ts) */
export async function run(args: readonly string[], io: Io): Promise<number> {
  let exit: number = EXIT.done;
  const ended = (code: number) => {
    exit = code;
  };
  const program = new Command("hkdist")
    .description(
      "Releases, rolls back and withdraws versions of Go command-line tools, and shows what is out there.",
    )
    .usage("<command> [options]")
    .helpCommand(false)
    .showHelpAfterError("(--help tells more)")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns || 100,
      getErrHelpWidth: () => io.stderr.columns || 100,
    });
  for (const make of COMMANDS) {
    const command = make(io, ended);
    command.copyInheritedSettings(program as never);
    program.addCommand(command as never);
  }
  try {
    await program.parseAsync(args, { from: "user" });
    return exit;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  }
}
