import type { HistoryEntry } from "./current.ts";

/** The newest change that took a platform's clients away from a version, or undefined when none did. */
export function movedAway(
  history: readonly HistoryEntry[],
  platform: string,
  version: string,
): HistoryEntry | undefined {
  return history.findLast(({ from, to }) => from[platform] === version && to[platform] !== version);
}

/** What the promote machine takes to bring a version back, for sentences that refuse to. */
export function forcedPromotion(cmd: string, version: string): string {
  return JSON.stringify({ cmd, version, force: true });
}
