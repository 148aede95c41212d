import type { HistoryEntry } from "./current.ts";
import { compareVersions } from "./version.ts";

/** The newest change that took a platform's clients away from a version, or undefined when none did. */
export function movedAway<Entry extends Pick<HistoryEntry, "from" | "to">>(
  history: readonly Entry[],
  platform: string,
  version: string,
): Entry | undefined {
  return history.findLast(({ from, to }) => from[platform] === version && to[platform] !== version);
}

/**
 * Whether a platform's clients were taken from a version to an older one, or to none, the last time that they left it. Who
 * did that has said that it is bad.
 */
export function wasMovedBackFrom(
  history: readonly Pick<HistoryEntry, "from" | "to">[],
  platform: string,
  version: string,
): boolean {
  const left = movedAway(history, platform, version);
  if (left === undefined) return false;
  const next = left.to[platform];
  return next === undefined || compareVersions(next, version) <= 0;
}

/** What the promote machine takes to bring a version back, for sentences that refuse to. */
export function forcedPromotion(cmd: string, version: string): string {
  return JSON.stringify({ cmd, version, force: true });
}
