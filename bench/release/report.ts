import { seconds, spreadOf, spreadText, table, times } from "../shared/figures.ts";
import { costOf } from "./cost-of.ts";
import type { OriginalTimes } from "./original-way.ts";
import type { Timed } from "./timed-release.ts";

/** Of Go's compiled packages, when the release starts. */
export const CACHES = ["cold", "warm"] as const;
export type Cache = (typeof CACHES)[number];

/** One run both ways. */
export interface Measured {
  cache: Cache;
  ours: Timed;
  original: OriginalTimes;
}

export interface Found {
  machine: string;
  what: string;
  measured: Measured[];
}

/** Markdown: both ways side by side, then each one's critical path. */
export function report({ machine, what, measured }: Found): string {
  const groups = [...Map.groupBy(measured, ({ cache }) => cache)];
  const of = (runs: Measured[], value: (run: Measured) => number) =>
    spreadText(spreadOf(runs.map(value)), seconds);
  const walls = groups.map(([cache, runs]) => [
    cache,
    of(runs, ({ original }) => original.wall),
    of(runs, ({ ours }) => ours.wall),
    times(
      spreadOf(runs.map(({ ours }) => ours.wall)).median,
      spreadOf(runs.map(({ original }) => original.wall)).median,
    ),
    `$${spreadOf(runs.map(({ ours }) => costOf(ours))).median.toFixed(3)}`,
  ]);
  const names = [...new Set(measured.flatMap(({ ours }) => ours.states.map(({ name }) => name)))];
  const inState = ({ ours }: Measured, name: string) =>
    ours.states.filter((state) => state.name === name).reduce((sum, state) => sum + state.seconds, 0);
  const row = (name: string, value: (run: Measured) => number) => [
    name,
    ...groups.map(([, runs]) => of(runs, value)),
  ];
  const heads = groups.map(([cache]) => cache);
  return [
    `${what}; ${machine}; ${measured.length / groups.length} runs.`,
    table(["Go's cache", "the original's way", "ours", "of it", "on AWS"], walls),
    "Ours, state by state:",
    table(
      ["state", ...heads],
      names.map((name) => row(name, (run) => inState(run, name))),
    ),
    "The original's way:",
    table(
      ["step", ...heads],
      [
        row("clone", ({ original }) => original.clone),
        row("builds", ({ original }) => original.builds),
        row("patches", ({ original }) => original.patches),
      ],
    ),
  ].join("\n\n");
}
