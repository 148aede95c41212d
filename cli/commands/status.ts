import type { z } from "zod";
import { newestMove } from "../../lambda/shared/current.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { type KnownCommand, knownCommand, knownCommands } from "../deployment/known-commands.ts";
import type { Asked } from "../execution/asked.ts";
import { askedOf, type FoundExecution, newestExecutions } from "../execution/find.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { newestReleases } from "../read-releases.ts";
import type { Status } from "../shapes.ts";
import { ago, moment } from "../view/format.ts";
import type { Paint, Style } from "../view/paint.ts";
import { releaseJson } from "./releases.ts";

const RELEASES = 5;
const EXECUTIONS = 5;

/** Shows what is current, what was released last, and what is running. */
export function statusCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("status", ["status", "status greet", "status greet --json"])
    .summary("what is current, what was released last, what is running")
    .argument("[cmd]", "only this command")
    .action(async (cmd, options) => {
      ended(
        await answer(io, options, async ({ deployment: find, paint }) => {
          const deployment = await find();
          const known =
            cmd === undefined ? await knownCommands(deployment) : [await knownCommand(deployment, cmd)];
          const [commands, executions] = await Promise.all([
            Promise.all(known.map((one) => look(deployment, one))),
            latest(deployment, cmd),
          ]);
          const json: z.infer<typeof Status> = {
            stack: deployment.stack,
            region: deployment.region,
            commands: commands.map(({ cmd, configured, current, change, releases }) => ({
              cmd,
              configured: configured !== undefined,
              revision: current?.revision ?? 0,
              changedAt: change?.at ?? null,
              changedBy: change?.by ?? null,
              current: Object.entries(current?.platforms ?? {})
                .map(([platform, { version }]) => ({ platform, version }))
                .toSorted((a, b) => (a.platform < b.platform ? -1 : 1)),
              releases: releases.map(releaseJson),
            })),
            executions: executions.map(
              ({ name, arn, machine, action, status, cmd, version, error, ...one }) => ({
                ...{ name, arn, machine, action, status, cmd, version, error },
                startedAt: one.startedAt.toISOString(),
                endedAt: one.endedAt?.toISOString() ?? null,
              }),
            ),
          };
          const now = new Date();
          const place = deployment.isLocal ? "the local AWS" : deployment.region;
          const lines = [
            `${paint("strong", deployment.stack)} in ${place}`,
            ...commands.flatMap((one) => ["", ...commandLines(one, now, paint)]),
            "",
            ...executionLines(executions, now, paint, deployment.flags),
          ];
          return { json, lines };
        }),
      );
    });
}

async function look({ table }: Deployment, known: KnownCommand) {
  const [change, releases] = await Promise.all([
    newestMove(table, known.cmd),
    newestReleases(table, known.cmd, known.current, RELEASES),
  ]);
  return { ...known, change, releases };
}

interface Told extends FoundExecution {
  cmd: string | null;
  version: string | null;
  action: Asked["action"];
  error: string | null;
}

/** All that are running, and a few that have ended; of one command, or of all. */
async function latest(deployment: Deployment, cmd: string | undefined): Promise<Told[]> {
  const [running, newest] = await Promise.all([
    newestExecutions(deployment, { running: true }),
    newestExecutions(deployment, { most: cmd === undefined ? EXECUTIONS : EXECUTIONS * 4 }),
  ]);
  const all = [...running, ...newest.filter(({ arn }) => !running.some((one) => one.arn === arn))];
  const told = await Promise.all(
    all.map(async (one) => {
      const asked = await askedOf(deployment, one);
      const facts = { cmd: asked.cmd ?? null, version: asked.version ?? null, error: asked.error ?? null };
      return { ...one, ...facts, action: asked.action };
    }),
  );
  const ours = told.filter((one) => cmd === undefined || one.cmd === cmd);
  return ours.slice(0, Math.max(running.length, EXECUTIONS));
}

function commandLines(
  { cmd, configured, current, change, releases }: Awaited<ReturnType<typeof look>>,
  now: Date,
  paint: Paint,
): string[] {
  const lines = [
    `${paint("strong", cmd)}${configured ? "" : "  (has left the configuration: its clients stay where they are)"}`,
  ];
  const byVersion = new Map<string, string[]>();
  for (const [platform, { version }] of Object.entries(current?.platforms ?? {})) {
    byVersion.set(version, [...(byVersion.get(version) ?? []), platform]);
  }
  if (byVersion.size === 0) lines.push("  nothing is current");
  for (const [version, platforms] of byVersion) {
    lines.push(`  current   ${paint("good", version)} on ${platforms.toSorted().join(", ")}`);
  }
  if (change !== undefined) {
    lines.push(
      `  changed   ${moment(change.at)} (${ago(new Date(change.at), now)}), by ${shortName(change.by)}`,
    );
  }
  const versions = releases.map(({ version, yank }) => (yank ? `${version} (withdrawn)` : version));
  lines.push(`  recorded  ${versions.join(", ") || "nothing yet"}`);
  return lines;
}

const WORDS: Record<Asked["action"], string> = {
  release: "release",
  promote: "promotion",
  yank: "withdrawal",
  restore: "restoration",
};
const SIGNS: Record<string, Style> = { succeeded: "good", running: "strong" };

function executionLines(executions: readonly Told[], now: Date, paint: Paint, flags: string): string[] {
  if (executions.length === 0) return ["Nothing is running, and nothing was started lately."];
  const width = Math.max(...executions.map(({ status }) => status.length));
  const lines = executions.map(({ name, action, status, cmd, version, error, startedAt, endedAt }) => {
    const word = status.padEnd(width);
    const subject = [cmd ?? "an unknown command", version].filter(Boolean).join(" ");
    const what = `${WORDS[action]} of ${subject}${error ? ` (${error})` : ""}`;
    const when = endedAt ? `ended ${ago(endedAt, now)}` : `started ${ago(startedAt, now)}`;
    return `  ${paint(SIGNS[status] ?? "bad", word)}  ${what}, ${when}  ${paint("quiet", name)}`;
  });
  // The newest, when there is something to be seen of it.
  const [first] = executions;
  const next = first !== undefined && first.status !== "succeeded";
  return [...lines, ...(next ? ["", `next:  npx hkdist watch ${first.name}${flags}`] : [])];
}

/** An execution's name, or whoever it was. */
export function shortName(by: string): string {
  return by.includes(":execution:") ? (by.split(":").at(-1) ?? by) : by;
}
