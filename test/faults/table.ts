import type { RunResult, Verdict } from "./run.ts";

const VERDICTS: Verdict[] = ["by itself", "by running again", "lost", "wrong"];

/** A row for each kind of fault; all faults of a run have the run's verdict. */
export function tableOf(results: readonly RunResult[]): string {
  const counts = new Map<string, Map<Verdict, number>>();
  for (const { faults, verdict } of results) {
    for (const { kind } of faults) {
      const row = counts.get(kind) ?? new Map<Verdict, number>();
      row.set(verdict, (row.get(verdict) ?? 0) + 1);
      counts.set(kind, row);
    }
  }
  const rows = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, row]) => line(kind, row));
  const all = new Map(
    VERDICTS.map((one) => [one, sum([...counts.values()].map((row) => row.get(one) ?? 0))]),
  );
  return [
    "| fault | injected | recovered by itself | recovered by running again | lost | wrong |",
    "| --- | --- | --- | --- | --- | --- |",
    ...rows,
    line("all", all),
  ].join("\n");
}

function line(name: string, row: ReadonlyMap<Verdict, number>): string {
  const numbers = VERDICTS.map((one) => row.get(one) ?? 0);
  return `| ${[name, sum(numbers), ...numbers].join(" | ")} |`;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
