import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { change } from "./change.ts";
import { versionArgument } from "./options.ts";

/** Makes a recorded version current. */
export function promoteCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("promote", ["promote greet 20260131", "promote greet 20260131 --yes --json"])
    .summary("make a recorded version current")
    .description(
      "Makes a recorded version current on every platform that has it, in one write, and makes patches to it.\n" +
        "Shows what changes and asks first.",
    )
    .argument("<cmd>", "a configured command")
    .argument("<version>", "such as 20260131", versionArgument)
    .option("--force", "also to an older version, back to one that was left, or without all platforms")
    .option("--yes", "do not ask")
    .action(async (cmd, version, { force = false, yes = false, ...options }) => {
      ended(
        await answer(io, options, async (context) =>
          change(context, await context.deployment(), { cmd, version, ...(force && { force }) }, { yes }),
        ),
      );
    });
}
