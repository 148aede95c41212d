import { seconds, spreadOf, spreadText, table, times } from "../shared/figures.ts";
import type { BuildPart } from "./build-parts.ts";
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
    spreadText(spreadOf(runs.map(({ ours, original }) => ours.wall / original.wall)), (ratio) =>
      times(ratio, 1),
    ),
    `$${spreadOf(runs.map(({ ours }) => costOf(ours))).median.toFixed(3)}`,
  ]);
  const namesOf = (list: (ours: Timed) => BuildPart[]) => [
    ...new Set(measured.flatMap(({ ours }) => list(ours).map(({ name }) => name))),
  ];
  const total = (parts: BuildPart[], name: string) =>
    parts.filter((part) => part.name === name).reduce((sum, part) => sum + part.seconds, 0);
  const row = (name: string, value: (run: Measured) => number) => [
    name,
    ...groups.map(([, runs]) => of(runs, value)),
  ];
  const heads = groups.map(([cache]) => cache);
  return [
    `${what}; ${machine}; medians of ${measured.length / groups.length} runs (least to most).`,
    table(["Go's cache", "the original's way", "ours", "of it", "on AWS"], walls),
    "Ours, state by state:",
    table(
      ["state", ...heads],
      namesOf(({ states }) => states).map((name) => row(name, ({ ours }) => total(ours.states, name))),
    ),
    "Within Build, part by part, and what goes on beside:",
    table(
      ["part", ...heads],
      [
        ...namesOf(({ buildParts }) => buildParts).map((name) =>
          row(name, ({ ours }) => total(ours.buildParts, name)),
        ),
        row("recording, the slowest", ({ ours }) => Math.max(...ours.recording)),
        row("one patch, in its function", ({ ours }) => spreadOf(ours.patches).median),
      ],
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
