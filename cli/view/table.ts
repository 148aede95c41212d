import Table from "cli-table3";
import stringWidth from "string-width";

export interface Column {
  head: string;
  /** Numbers stand below each other's ends. */
  align?: "left" | "right";
  /** Left out where the terminal is too narrow for all; the highest goes first. */
  optional?: number;
}

const GAP = 2;
const NARROWEST = 12;

/**
 * Lines of a table without rules, at most `width` columns wide if that can be: optional columns go first, then the last column is
 * wrapped, or cut off where a row must stay a line.
 */
export function table(
  columns: readonly Column[],
  rows: readonly string[][],
  width = Infinity,
  overflow: "wrap" | "cut" = "wrap",
): string[] {
  const natural = columns.map(({ head }, index) =>
    Math.max(...[head, ...rows.map((row) => row[index] ?? "")].map((cell) => stringWidth(cell))),
  );
  const kept = new Set(columns.keys());
  const total = () => [...kept].reduce((sum, index) => sum + (natural[index] ?? 0) + GAP, -GAP);
  const leaving = [...kept]
    .filter((index) => columns[index]?.optional !== undefined)
    .toSorted((a, b) => (columns[b]?.optional ?? 0) - (columns[a]?.optional ?? 0));
  for (const index of leaving) if (total() > width) kept.delete(index);
  const indices = [...kept];
  const widths = indices.map((index) => natural[index] ?? 0);
  const excess = total() - width;
  const last = widths.length - 1;
  if (excess > 0) widths[last] = Math.max((widths[last] ?? 0) - excess, NARROWEST);

  const drawn = new Table({
    head: indices.map((index) => columns[index]?.head ?? ""),
    colAligns: indices.map((index) => columns[index]?.align ?? "left"),
    colWidths: widths,
    wordWrap: overflow === "wrap",
    wrapOnWordBoundary: true,
    chars: { ...NO_RULES, middle: " ".repeat(GAP) },
    style: { "padding-left": 0, "padding-right": 0, head: [], border: [], compact: true },
  });
  for (const row of rows) drawn.push(indices.map((index) => row[index] ?? ""));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

const NO_RULES = Object.fromEntries(
  [
    ...["top", "top-mid", "top-left", "top-right", "bottom", "bottom-mid", "bottom-left", "bottom-right"],
    ...["left", "left-mid", "mid", "mid-mid", "right", "right-mid"],
  ].map((name) => [name, ""]),
);
