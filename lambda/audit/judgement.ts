import { DAMAGED, type World, whole } from "./world.ts";

/** How the audit judges. */
export interface Judgement {
  /** Milliseconds since 1970. What changed later may still be on its way, and is not judged. */
  settledAt: number;
}

/**
 * Whether a version is withdrawn. "unclear": it was withdrawn or restored a moment ago, and its objects follow; or the row of
 * what is current is damaged or does not say what history says, which is told by a breach of its own.
 */
export function isWithdrawn(
  world: World,
  { cmd, version }: { cmd: string; version: string },
  { settledAt }: Judgement,
): "yes" | "no" | "unclear" {
  const { current, history = [] } = world.commands.get(cmd) ?? {};
  if (current === DAMAGED) return "unclear";
  const changed = whole(history).findLast(
    (entry) => entry.yanked?.version === version || entry.restored === version,
  );
  if (changed !== undefined && Date.parse(changed.at) > settledAt) return "unclear";
  const isMarked = current?.yanked?.[version] !== undefined;
  if (isMarked !== (changed?.yanked !== undefined)) return "unclear";
  return isMarked ? "yes" : "no";
}
