import type { z } from "zod";
import { audit } from "../../audit/audit.ts";
import { countOf, lineAbout } from "../../lambda/audit/breach.ts";
import { isCommand } from "../../lambda/shared/names.ts";
import { CliError, EXIT } from "../errors.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import type { Audited } from "../shapes.ts";
import { duration } from "../view/format.ts";
import { secondsOption } from "./options.ts";

/** Looks whether what must always hold does. */
export function auditCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("audit", ["audit", "audit greet --deep", "audit --settle 0"])
    .summary("hold the table and the stored objects against each other")
    .description(
      "Holds every row of the table against its object and against the rows that it names, and every object against the rows.\n" +
        "Changes nothing. docs/runbook.md has a section for each kind of breach. Ends with 1 when something does not hold.",
    )
    .argument("[cmd]", "only this command")
    .option("--deep", "also download everything: hash every binary, apply every patch to its base")
    .option(
      "--settle <seconds>",
      "what is younger is not judged, as it may be on its way",
      secondsOption,
      3600,
    )
    .action(async (cmd, { deep = false, settle, ...options }) => {
      ended(
        await answer(io, options, async ({ deployment: find }) => {
          const deployment = await find();
          const { s3, bucket, table } = deployment;
          if (cmd !== undefined && !isCommand(cmd)) {
            throw new CliError("Usage", `${JSON.stringify(cmd)} is no command's name.`);
          }
          const { breaches, counts } = await audit(
            { s3, bucket, table },
            { deep, cmd, settleSeconds: settle },
          );
          // Not by the rows of what is current: they may be what is broken.
          if (cmd !== undefined && breaches.length === 0 && counts.artifacts + counts.objects === 0) {
            throw new CliError("NotFound", `There is nothing of a command ${cmd}.`, {
              next: `npx hkdist status${deployment.flags}`,
            });
          }
          const looked = Object.entries(counts).map(
            ([what, number]) => `${number.toLocaleString("en")} ${what}`,
          );
          const json: z.infer<typeof Audited> = { breaches, counts: { ...counts } };
          return {
            json,
            lines: [
              ...breaches.map(lineAbout),
              ...(settle > 0
                ? [`Not judged: what is younger than ${duration(settle * 1000)}; --settle 0 judges it, too.`]
                : []),
              `${looked.join(", ")}: ${countOf(breaches)}`,
            ],
            exit: breaches.length === 0 ? EXIT.done : EXIT.failed,
          };
        }),
      );
    });
}
