import type { z } from "zod";
import { historyOf } from "../../lambda/shared/current.ts";
import { knownCommand } from "../deployment/known-commands.ts";
import { movesOf } from "../execution/moves.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import type { History } from "../shapes.ts";
import { moment } from "../view/format.ts";
import { tellMoves } from "../view/moves.ts";
import { harmless } from "../view/paint.ts";
import { table } from "../view/table.ts";
import { countOption } from "./options.ts";
import { shortName } from "./status.ts";

/** Lists how what is current came about. */
export function historyCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("history", ["history greet", "history greet --limit 100 --json"])
    .summary("how what is current came about: each change, newest first")
    .argument("<cmd>", "a command")
    .option("--limit <count>", "changes", countOption, 20)
    .action(async (cmd, options) => {
      ended(
        await answer(io, options, async ({ deployment: find, paint, columns }) => {
          const deployment = await find();
          await knownCommand(deployment, cmd);
          const changes = (await historyOf(deployment.table, cmd)).toReversed().slice(0, options.limit);
          const json: z.infer<typeof History> = {
            cmd,
            changes: changes.map((change) => ({
              ...{ revision: change.revision, at: change.at, by: change.by },
              moves: movesOf(change).map(({ platform, from, to }) => ({
                platform,
                from: from ?? null,
                to: to ?? null,
              })),
              withdrew: change.yanked ?? null,
              restored: change.restored ?? null,
            })),
          };
          if (changes.length === 0) return { json, lines: [`Nothing of ${cmd} was ever current.`] };
          const [head = "", ...rows] = table(
            [
              { head: "revision", align: "right", optional: 2 },
              { head: "when" },
              { head: "by", optional: 1 },
              { head: "what" },
            ],
            changes.map((change) => [
              String(change.revision),
              moment(change.at),
              shortName(change.by),
              [
                ...(change.yanked
                  ? [`withdrew ${change.yanked.version}: ${harmless(change.yanked.reason)}`]
                  : []),
                ...(change.restored ? [`${change.restored} is no longer withdrawn`] : []),
                ...tellMoves(movesOf(change)),
              ].join("; "),
            ]),
            columns,
          );
          return { json, lines: [paint("quiet", head), ...rows] };
        }),
      );
    });
}
