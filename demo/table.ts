import type { Paired, PatchResult } from "../lambda/shared/payloads.ts";

/** What a client of each platform downloads, by patch instead of in full: lines of a table. Sizes in bytes. */
export function sizeTable(artifacts: Paired["artifacts"], patches: readonly PatchResult[]): string[] {
  const rows = artifacts.map(({ platform, size, gzSize }) => {
    const patch = patches.find((one) => one.platform === platform);
    if (patch === undefined || !("size" in patch)) return [platform, bytes(size), bytes(gzSize), "none", ""];
    const ratio = `${((100 * patch.size) / gzSize).toFixed(1)} %`;
    return [platform, bytes(size), bytes(gzSize), bytes(patch.size), ratio];
  });
  const table = [["platform", "full size", "download", "patch", "patch/download"], ...rows];
  const widths =
    table[0]?.map((_, column) => Math.max(...table.map((row) => row[column]?.length ?? 0))) ?? [];
  return table.map((row) =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0),
      )
      .join("  "),
  );
}

function bytes(count: number): string {
  return count.toLocaleString("en");
}
