import { execFileSync } from "node:child_process";
import { cpus } from "node:os";

/** Several measurements of one thing. */
export interface Spread {
  median: number;
  least: number;
  most: number;
}

/** @throws Error when there is no value */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const [least] = sorted;
  const most = sorted.at(-1);
  // Of an even number, halfway between the two in the middle.
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]];
  if (least === undefined || most === undefined || low === undefined || high === undefined)
    throw new Error("nothing was measured");
  return { median: (low + high) / 2, least, most };
}

/** A median with its spread in brackets. @param format of one value, with its unit */
export function spreadText({ median, least, most }: Spread, format: (value: number) => string): string {
  return least === most ? format(median) : `${format(median)} (${format(least)} to ${format(most)})`;
}

export const count = (value: number) => Math.round(value).toLocaleString("en");
export const percent = (part: number, of: number) => `${((100 * part) / of).toFixed(1)} %`;
export const times = (value: number, of: number) => (value / of).toFixed(2);
export const seconds = (value: number) => `${value.toFixed(value < 1 ? 2 : 1)} s`;
export const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

/** A Markdown table. */
export function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  return [line(heads), line(heads.map(() => "---")), ...rows.map(line)].join("\n");
}

/** The machine that measured, as tables name it. */
export function machine(): string {
  const [, , go] = execFileSync("go", ["version"], { encoding: "utf8" }).split(" ");
  return `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}, ${go}`;
}
