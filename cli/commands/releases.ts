import type { z } from "zod";
import { type KnownCommand, knownCommand, knownCommands } from "../deployment/known-commands.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { newestReleases, type RecordedRelease } from "../read-releases.ts";
import { type Releases, withdrawnJson } from "../shapes.ts";
import { moment } from "../view/format.ts";
import { harmless } from "../view/paint.ts";
import { table } from "../view/table.ts";
import { countOption } from "./options.ts";

/** Lists recorded versions. */
export function releasesCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("releases", ["releases", "releases greet --limit 50"])
    .summary("list the recorded versions, newest first")
    .argument("[cmd]", "only this command")
    .option("--limit <count>", "of each command", countOption, 10)
    .action(async (cmd, options) => {
      ended(
        await answer(io, options, async ({ deployment: find, paint, columns }) => {
          const deployment = await find();
          const known =
            cmd === undefined ? await knownCommands(deployment) : [await knownCommand(deployment, cmd)];
          const found = await Promise.all(
            known.map(async (one) => {
              const releases = await newestReleases(deployment.table, one.cmd, one.current, options.limit);
              return { ...one, releases };
            }),
          );
          const lines = found.flatMap((one) => {
            const head = paint("strong", one.cmd);
            if (one.releases.length === 0) return [head, "  nothing is recorded", ""];
            const [first = "", ...rows] = releaseTable(one, one.releases, columns - 2);
            return [head, `  ${paint("quiet", first)}`, ...rows.map((row) => `  ${row}`), ""];
          });
          const json: z.infer<typeof Releases> = {
            releases: found.flatMap(({ releases }) => releases.map(releaseJson)),
          };
          return { json, lines: lines.slice(0, -1) };
        }),
      );
    });
}

function releaseTable(
  { current }: KnownCommand,
  releases: readonly RecordedRelease[],
  width: number,
): string[] {
  const everywhere = Object.keys(current?.platforms ?? {}).length;
  return table(
    [
      { head: "version" },
      { head: "recorded", optional: 2 },
      { head: "platforms", align: "right", optional: 3 },
      { head: "commit", optional: 4 },
      { head: "" },
    ],
    releases.map(({ version, recordedAt, platforms, commit, currentOn, yank }) => [
      version,
      moment(recordedAt),
      String(platforms.length),
      commit?.slice(0, 10) ?? "",
      [
        ...(currentOn.length === 0
          ? []
          : [currentOn.length === everywhere ? "current" : `current on ${currentOn.join(", ")}`]),
        ...(yank ? [`withdrawn: ${harmless(yank.reason)}`] : []),
      ].join("; "),
    ]),
    width,
  );
}

/** A release as `--json` shows it. */
export function releaseJson({
  cmd,
  version,
  recordedAt,
  platforms,
  currentOn,
  commit,
  tag,
  yank,
}: RecordedRelease) {
  return {
    ...{ cmd, version, recordedAt, platforms, currentOn },
    ...{ commit: commit ?? null, tag: tag ?? null },
    withdrawn: withdrawnJson(yank),
  };
}
