import type { HistoryEntry } from "../shared/current.ts";
import { movedAway } from "../shared/moved-away.ts";
import { compareVersions } from "../shared/version.ts";

/**
 * The versions that a platform's clients may be given instead of one that is withdrawn, newest first: those that were current
 * there, were not withdrawn, and were not left for an older one the last time. Who rolled back has said that what they left
 * is bad. Versions that never were current (`publish: false`, imports) have not been tried on people.
 */
export function goodVersions(
  history: readonly HistoryEntry[],
  platform: string,
  isWithdrawn: (version: string) => boolean,
): string[] {
  const once = new Set(history.flatMap(({ to }) => to[platform] ?? []));
  const isGood = (version: string) => {
    const left = movedAway(history, platform, version);
    if (left === undefined) return true;
    const next = left.to[platform];
    return next !== undefined && compareVersions(next, version) > 0;
  };
  return [...once]
    .filter((version) => !isWithdrawn(version) && isGood(version))
    .toSorted((a, b) => compareVersions(b, a));
}
