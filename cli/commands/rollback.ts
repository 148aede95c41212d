import { goodVersions } from "../../lambda/promote/good-versions.ts";
import { artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { type Current, currentWithHistory, type HistoryEntry } from "../../lambda/shared/current.ts";
import { compareVersions, isVersion } from "../../lambda/shared/version.ts";
import { yankOf } from "../../lambda/shared/yanked.ts";
import { knownCommand } from "../deployment/known-commands.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { change } from "./change.ts";
import { versionArgument } from "./options.ts";

/** Takes clients back to an older version. */
export function rollbackCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("rollback", ["rollback greet", "rollback greet 20260130", "rollback greet --yes"])
    .summary("take clients back to an older version")
    .description(
      "Makes an older version current: without one, the newest good one before what is current now.\n" +
        "Good is what was current before, is not withdrawn, and was not itself rolled back.\n" +
        "The version that is left stays recorded; nobody should have it at all? npx hkdist yank",
    )
    .argument("<cmd>", "a configured command")
    .argument("[version]", "such as 20260130", versionArgument)
    .option("--yes", "do not ask")
    .action(async (cmd, given, { yes = false, ...options }) => {
      ended(
        await answer(io, options, async (context) => {
          const deployment = await context.deployment();
          await knownCommand(deployment, cmd);
          const { current, history } = await currentWithHistory(deployment.table, cmd);
          const newest = newestCurrent(current);
          if (newest === undefined) {
            throw new CliError(
              "NotFound",
              `Nothing of ${cmd} is current, so there is nothing to go back from.`,
              {
                next: `npx hkdist releases ${cmd}${deployment.flags}`,
              },
            );
          }
          const isRecorded =
            given !== undefined &&
            isVersion(given) &&
            (await artifactsOfVersion(deployment.table, cmd, given)).size > 0;
          // What is not recorded is told by the preview.
          if (isRecorded && compareVersions(given, newest) >= 0) {
            const what = given === newest ? "what is current" : `newer than what is current, ${newest}`;
            throw new CliError("Usage", `${cmd} ${given} is ${what}: that is no way back.`, {
              next: `npx hkdist ${given === newest ? `rollback ${cmd}` : `promote ${cmd} ${given}`}${deployment.flags}`,
            });
          }
          const version = given ?? lastGood(current, history, newest);
          if (version === undefined) {
            throw new CliError(
              "NotFound",
              `No good version of ${cmd} is left that is older than ${newest}.`,
              {
                next: `npx hkdist releases ${cmd}${deployment.flags}`,
              },
            );
          }
          return change(context, deployment, { cmd, version, force: true }, { yes });
        }),
      );
    });
}

function newestCurrent(current: Current | undefined): string | undefined {
  const versions = Object.values(current?.platforms ?? {}).map(({ version }) => version);
  return versions.toSorted(compareVersions).at(-1);
}

/** The newest version, older than what is current, that is good on a platform which is at that. */
export function lastGood(
  current: Current | undefined,
  history: readonly HistoryEntry[],
  newest: string,
): string | undefined {
  const at = Object.entries(current?.platforms ?? {}).filter(([, { version }]) => version === newest);
  return at
    .flatMap(([platform]) => goodVersions(history, platform, (one) => yankOf(current, one) !== undefined))
    .filter((version) => compareVersions(version, newest) < 0)
    .toSorted(compareVersions)
    .at(-1);
}
