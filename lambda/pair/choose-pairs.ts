import type { Artifact } from "../shared/artifacts.ts";
import type { PatchPair } from "../shared/payloads.ts";
import { compareVersions } from "../shared/version.ts";

type Base = Pick<Artifact, "version" | "platform">;

/**
 * The newest `count` older versions of each platform.
 * @param older artifacts of older versions, newest first; read no further than needed
 */
export async function newestBases(
  older: AsyncIterable<Base>,
  platforms: readonly string[],
  count: number,
): Promise<PatchPair[]> {
  const wanted = new Map(platforms.map((platform) => [platform, count]));
  const pairs: PatchPair[] = [];
  if (count === 0) return pairs;
  for await (const { version, platform } of older) {
    const left = wanted.get(platform);
    if (left === undefined) continue;
    pairs.push({ platform, from: version });
    if (left > 1) wanted.set(platform, left - 1);
    else wanted.delete(platform);
    if (wanted.size === 0) break;
  }
  return pairs;
}

/** The pairs that are not settled yet, newest bases first: most clients are at the newest versions. */
export function openPairs(pairs: readonly PatchPair[], settled: readonly PatchPair[]): PatchPair[] {
  const done = new Set(settled.map(({ platform, from }) => `${platform} ${from}`));
  return pairs
    .filter(({ platform, from }) => !done.has(`${platform} ${from}`))
    .toSorted((a, b) => compareVersions(b.from, a.from));
}
