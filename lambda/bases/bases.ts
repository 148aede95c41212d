import { newestBases } from "../pair/choose-pairs.ts";
import { artifactsNewestFirst, artifactsOfVersion } from "../shared/artifacts.ts";
import { getCurrent } from "../shared/current.ts";
import { MOST_PAIRS } from "../shared/limits.ts";
import { isSettled, patchesTo } from "../shared/patches.ts";
import type { Promoted, TargetedPair } from "../shared/payloads.ts";
import type { Table } from "../shared/table.ts";
import { compareVersions } from "../shared/version.ts";
import { yankOf } from "../shared/yanked.ts";

/**
 * Which patches go with what became current, newest bases first, without those that are settled already.
 * @param count how many bases each platform gets
 */
export async function choosePairs(table: Table, promoted: Promoted, count: number): Promise<TargetedPair[]> {
  const { cmd } = promoted;
  const wanted =
    promoted.action === "promote"
      ? await towardsPromoted(table, promoted, count)
      : await awayFromWithdrawn(table, promoted);
  const targets = [...new Set(wanted.map(({ to }) => to))];
  const known = (await Promise.all(targets.map((to) => patchesTo(table, cmd, to)))).flat();
  const done = new Set(known.filter(isSettled).map(nameOf));
  return wanted
    .filter((pair) => !done.has(nameOf(pair)))
    .toSorted((a, b) => compareVersions(b.from, a.from))
    .slice(0, MOST_PAIRS);
}

/** From the newest recorded versions, newer ones too: their clients come back. Whatever was current just now is among them. */
async function towardsPromoted(table: Table, promoted: Promoted, count: number): Promise<TargetedPair[]> {
  const { cmd, version } = promoted;
  // Somebody was fast: it is withdrawn already.
  if (yankOf(await getCurrent(table, cmd, { consistent: true }), version) !== undefined) return [];
  const platforms = [...(await artifactsOfVersion(table, cmd, version)).keys()];
  const newest = await newestBases(others(table, cmd, version), platforms, count);
  const left =
    count === 0 ? [] : Object.entries(promoted.from).map(([platform, from]) => ({ platform, from }));
  const names = new Set(newest.map(({ platform, from }) => `${platform} ${from}`));
  const missing = left.filter(({ platform, from }) => !names.has(`${platform} ${from}`));
  return [...missing, ...newest].map((pair) => ({ ...pair, to: version }));
}

async function* others(table: Table, cmd: string, version: string) {
  for await (const artifact of artifactsNewestFirst(table, cmd))
    if (artifact.version !== version) yield artifact;
}

/** Those who have the withdrawn version move on: to what is current on their platform. */
async function awayFromWithdrawn(table: Table, { cmd, version }: Promoted): Promise<TargetedPair[]> {
  const current = await getCurrent(table, cmd, { consistent: true });
  const platforms = [...(await artifactsOfVersion(table, cmd, version)).keys()];
  return platforms.flatMap((platform) => {
    const to = current?.platforms[platform]?.version;
    return to === undefined || to === version ? [] : [{ platform, from: version, to }];
  });
}

const nameOf = ({ platform, from, to }: TargetedPair) => `${platform} ${from} ${to}`;
