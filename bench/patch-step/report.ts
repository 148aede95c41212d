import { priceOf } from "../../cost/prices.ts";
import { functionFor, ONE_PROCESSOR } from "../../lambda/patch/limits.ts";
import { LARGEST_BINARY_BYTES } from "../../lib/config/schema.ts";
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
    percent(
      median(group, ({ whole }) => whole) - median(group, ({ bare }) => bare),
      median(group, ({ bare }) => bare),
    ),
    ...parts.map((part) => milliseconds(median(group, (step) => step.parts[part] ?? 0))),
    milliseconds(median(group, ({ targetAlone }) => targetAlone)),
  ]);
  const sizes = [ONE_PROCESSOR / 2, ONE_PROCESSOR, functionFor(LARGEST_BINARY_BYTES).megabytes];
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
    table(["pair", "bsdiff alone", "the function", "more", ...parts, "the target's download alone"], rows),
    "By memory, with Lambda's price: a patch, and a thousand of them:",
    table(["pair", ...sizes.map((size) => `${Math.round(size)} MB`)], costs),
  ].join("\n\n");
}
