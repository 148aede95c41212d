import input from "@inquirer/input";
import { CliError } from "../errors.ts";
import { canAsk, type Io, typed } from "../io.ts";
import { answer, type Context, hkdistCommand } from "../program.ts";
import { change } from "./change.ts";
import { versionArgument } from "./options.ts";

/** Withdraws a version, or undoes that. */
export function yankCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("yank", [
    'yank greet 20260131 --reason "loses files on Windows"',
    "yank greet 20260131 --undo",
  ])
    .summary("withdraw a version, so that nobody gets it any more; or undo that")
    .description(
      "Clients that are at the version are told the newest good one; its binaries and patches are hidden.\n" +
        "Nothing is removed for good. Shows what changes and asks first.",
    )
    .argument("<cmd>", "a command")
    .argument("<version>", "such as 20260131", versionArgument)
    .option("--reason <text>", "why, for those who meet the version later: one line")
    .option("--undo", "take the withdrawal back")
    .option("--yes", "do not ask")
    .action(async (cmd, version, { reason, undo = false, yes = false, ...options }) => {
      ended(
        await answer(io, options, async (context) => {
          if (undo && reason !== undefined) {
            throw new CliError("Usage", "--reason is for a withdrawal, not for its undoing.");
          }
          const deployment = await context.deployment();
          const asked = undo ? { yank: false } : { yank: true, reason: reason ?? (await askReason(context)) };
          return change(context, deployment, { cmd, version, ...asked }, { yes });
        }),
      );
    });
}

async function askReason({ io, json }: Context): Promise<string> {
  if (json || !canAsk(io)) {
    throw new CliError("Usage", "A withdrawal needs its reason, for those who meet the version later.", {
      next: `${typed(io)} --reason "..."`,
    });
  }
  const message = "Why is it withdrawn (people will read this)?";
  try {
    return await input({ message, required: true }, { input: io.stdin, output: io.stdout });
  } catch (error) {
    if ((error as Error).name === "ExitPromptError") throw new CliError("Declined", "Nothing was changed.");
    throw error;
  }
}
