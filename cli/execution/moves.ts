import type { HistoryEntry } from "../../lambda/shared/current.ts";

/** Where a platform's clients were taken; without a version where they are told none. */
export interface Move {
  platform: string;
  from: string | undefined;
  to: string | undefined;
}

/** A change of current as a list, in the platforms' order. */
export function movesOf({ from, to }: Pick<HistoryEntry, "from" | "to">): Move[] {
  const platforms = [...new Set([...Object.keys(from), ...Object.keys(to)])].toSorted();
  return platforms.map((platform) => ({ platform, from: from[platform], to: to[platform] }));
}
