import { count, percent, seconds, spreadOf, spreadText, table, times } from "../shared/figures.ts";

export const WAYS = ["patch", "full"] as const;
export type Way = (typeof WAYS)[number];

/** One update. */
export interface Taken {
  megabits: number;
  way: Way;
  seconds: number;
  /** Of the answers' bodies. */
  bytes: number;
  requests: number;
}

export interface Found {
  machine: string;
  what: string;
  binaryBytes: number;
  runs: number;
  taken: Taken[];
}

/** Markdown. */
export function report({ machine, what, binaryBytes, runs, taken }: Found): string {
  const rows = [...Map.groupBy(taken, ({ megabits }) => megabits)].map(([megabits, group]) => {
    const of = (way: Way) => group.filter((one) => one.way === way);
    const time = (way: Way) => spreadOf(of(way).map((one) => one.seconds));
    const bytes = (way: Way) => spreadOf(of(way).map((one) => one.bytes)).median;
    return [
      `${megabits} Mbit/s`,
      count(bytes("patch")),
      count(bytes("full")),
      percent(bytes("patch"), bytes("full")),
      spreadText(time("patch"), seconds),
      spreadText(time("full"), seconds),
      times(time("patch").median, time("full").median),
    ];
  });
  const heads = ["link", "bytes by patch", "in full", "of it", "time by patch", "in full", "of it"];
  return [
    `${what}; a binary of ${count(binaryBytes)} bytes; ${machine}; medians of ${runs} runs (least to most).`,
    table(heads, rows),
  ].join("\n\n");
}
