import { DAMAGED, type World, whole } from "./world.ts";

/** How the audit judges. */
export interface Judgement {
  /** Milliseconds since 1970. What changed later may still be on its way, and is not judged. */
  settledAt: number;
}

/**
 * Whether a version is withdrawn. "just changed": it was withdrawn or restored a moment ago, and its objects follow.
 * Nothing can be told of a command whose rows are damaged.
 */
export function isWithdrawn(
  world: World,
  { cmd, version }: { cmd: string; version: string },
  { settledAt }: Judgement,
): "yes" | "no" | "just changed" {
  const { current, history = [] } = world.commands.get(cmd) ?? {};
  if (current === DAMAGED) return "just changed";
  const changed = whole(history).findLast(
    (entry) => entry.yanked?.version === version || entry.restored === version,
  );
  if (changed !== undefined && Date.parse(changed.at) > settledAt) return "just changed";
  return current?.yanked?.[version] === undefined ? "no" : "yes";
}
