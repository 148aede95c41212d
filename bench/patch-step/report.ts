import { priceOf } from "../../cost/prices.ts";
import { ONE_PROCESSOR } from "../../lambda/patch/limits.ts";
import { percent, spreadOf, spreadText, table } from "../shared/figures.ts";

/** One patch: milliseconds. */
export interface Step {
  pair: string;
  /** By the patch function's code. */
  whole: number;
  /** By bsdiff alone. */
  bare: number;
  /** The target's download, by itself. */
  targetAlone: number;
  /** Of processors, in `whole`. */
  processor: number;
  /** Of `whole`. */
  parts: Record<string, number>;
}

export interface Found {
  machine: string;
  platform: string;
  runs: number;
  steps: Step[];
}

/** The most that a new account gives a function, in Lambda's megabytes. */
const FRESH_ACCOUNT = 3008;

const milliseconds = (value: number) => `${Math.round(value)} ms`;

/** Markdown. */
export function report({ machine, platform, runs, steps }: Found): string {
  const groups = [...Map.groupBy(steps, ({ pair }) => pair)];
  const median = (group: Step[], value: (step: Step) => number) => spreadOf(group.map(value)).median;
  const parts = Object.keys(steps[0]?.parts ?? {});
  const rows = groups.map(([pair, group]) => [
    pair,
    spreadText(spreadOf(group.map(({ bare }) => bare)), milliseconds),
    spreadText(spreadOf(group.map(({ whole }) => whole)), milliseconds),
    spreadText(spreadOf(group.map(({ whole, bare }) => whole / bare - 1)), (value) => percent(value, 1)),
    // Of the same call: between two calls of the same engine are other differences, too.
    percent(
      median(group, ({ whole, parts }) => (whole - (parts["diff"] ?? 0)) / (parts["diff"] ?? 1)),
      1,
    ),
    ...parts.map((part) => milliseconds(median(group, (step) => step.parts[part] ?? 0))),
    milliseconds(median(group, ({ targetAlone }) => targetAlone)),
  ]);
  const sizes = [ONE_PROCESSOR / 2, ONE_PROCESSOR, FRESH_ACCOUNT];
  const costs = groups.map(([pair, group]) => [
    pair,
    ...sizes.map((megabytes) => {
      const { whole, processor } = {
        whole: median(group, (step) => step.whole),
        processor: median(group, (step) => step.processor),
      };
      // A function with less than one processor gets that part of its time; with more, one thread is no faster.
      const time = Math.max(whole, processor / Math.min(1, megabytes / ONE_PROCESSOR)) / 1000;
      const each = priceOf("lambdaGigabyteSeconds", (time * megabytes) / 1024);
      return `${time.toFixed(1)} s, $${(each * 1000).toFixed(3)}`;
    }),
  ]);
  return [
    `${platform}; ${machine}; medians of ${runs} runs (least to most).`,
    table(
      [
        "pair",
        "bsdiff alone",
        "the function",
        "more than alone",
        "around its diff",
        ...parts,
        "the target's download alone",
      ],
      rows,
    ),
    "By memory, computed from its processor time and Lambda's price: a patch, and a thousand of them:",
    table(["pair", ...sizes.map((size) => `${Math.round(size)} MB`)], costs),
  ].join("\n\n");
}
