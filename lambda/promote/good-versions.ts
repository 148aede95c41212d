import type { HistoryEntry } from "../shared/current.ts";
import { wasMovedBackFrom } from "../shared/moved-away.ts";
import { compareVersions } from "../shared/version.ts";

/**
 * The versions that a platform's clients may be given instead of one that is withdrawn, newest first: those that were current
 * there, were not withdrawn, and were not left for an older one the last time. Versions that never were current (`publish: false`, imports) have not been tried on people.
 */
export function goodVersions(
  history: readonly HistoryEntry[],
  platform: string,
  isWithdrawn: (version: string) => boolean,
): string[] {
  const once = new Set(history.flatMap(({ to }) => to[platform] ?? []));
  return [...once]
    .filter((version) => !isWithdrawn(version) && !wasMovedBackFrom(history, platform, version))
    .toSorted((a, b) => compareVersions(b, a));
}
