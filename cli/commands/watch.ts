import { findExecution } from "../execution/find.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { watch } from "../watch-to-the-end.ts";

/** Follows what is running, or shows how something ended. */
export function watchCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("watch", ["watch", "watch greet", "watch greet-20260131T101500Z-1a2b"])
    .summary("follow a release or a change that is running, or see how one ended")
    .description("Follows an execution of either machine to its end; Ctrl-C stops watching only.")
    .argument(
      "[execution]",
      "its name or ARN, or a command for its newest one (default: the one that is running)",
    )
    .action(async (named, options) => {
      ended(
        await answer(io, options, async (context) => {
          const deployment = await context.deployment();
          return watch(context, deployment, await findExecution(deployment, named));
        }),
      );
    });
}
