import type { Current, HistoryEntry } from "../../../lambda/shared/current.ts";
import { currentItemKey, historyItemKey } from "../../../lambda/shared/keys.ts";
import type { Item } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";

export type Versions = Record<string, string>;

/** Each version has a hash of its own. */
export const hashOf = (version: string) => sha256(Number(version));

export const recorded = (version: string, ...platforms: string[]) =>
  platforms.map((platform) => artifact("greet", version, platform, hashOf(version)));

export const current = (revision: number, versions: Versions, yanked?: Current["yanked"]): Current => ({
  cmd: "greet",
  revision,
  platforms: Object.fromEntries(
    Object.entries(versions).map(([platform, version]) => [platform, { version, sha256: hashOf(version) }]),
  ),
  ...(yanked && { yanked }),
});

export const yank = (reason = "does not start") => ({ reason, at: "2026-01-09T00:00:00.000Z", by: "eve" });

export const moved = (
  revision: number,
  from: Versions,
  to: Versions,
  more: Partial<HistoryEntry> = {},
): HistoryEntry => ({
  cmd: "greet",
  revision,
  from,
  to,
  at: `2026-01-${String(revision).padStart(2, "0")}T00:00:00.000Z`,
  by: `execution-${revision}`,
  ...more,
});

/** The table's items of a command's current and history. */
export const standing = (now: Current, history: readonly HistoryEntry[]): Item[] => [
  { ...currentItemKey("greet"), ...now },
  ...history.map((entry) => ({ ...historyItemKey("greet", entry.revision), ...entry })),
];
