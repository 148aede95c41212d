import type { Move } from "../execution/moves.ts";

/** What a change of current moved, a sentence for all platforms that went the same way. */
export function tellMoves(moves: readonly Move[]): string[] {
  const byWay = new Map<string, string[]>();
  for (const { platform, from, to } of moves) {
    const way = `${from ?? "nothing"} -> ${to ?? "nothing"}`;
    byWay.set(way, [...(byWay.get(way) ?? []), platform]);
  }
  return [...byWay].map(([way, platforms]) => `${way} on ${platforms.join(", ")}`);
}
