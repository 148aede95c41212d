import type { Artifact } from "../shared/artifacts.ts";
import { advance, type Current, type HistoryEntry } from "../shared/current.ts";
import { PromoteRefusedError } from "../shared/errors.ts";
import { forcedPromotion, movedAway } from "../shared/moved-away.ts";
import type { PromoteRequest } from "../shared/payloads.ts";
import { compareVersions } from "../shared/version.ts";
import { throwIfYanked, yankOf } from "../shared/yanked.ts";

/** What to write: the next revision and its history, or nothing when it is so already. */
export type Change = { next: Current; entry: HistoryEntry } | undefined;

/** When (RFC 3339, UTC), and which execution. */
export interface About {
  at: string;
  by: string;
}

/**
 * Decides whether a version becomes current on all platforms on which it is recorded.
 * @param artifacts the version's, one for each platform
 * @throws YankedVersionError when it was withdrawn
 * @throws PromoteRefusedError when it would take clients back, or leave platforms behind on which it is not recorded, and
 *   nobody said that it may
 */
export function decidePromotion(
  { cmd, version, force }: Pick<PromoteRequest, "cmd" | "version" | "force">,
  artifacts: readonly Artifact[],
  current: Current | undefined,
  history: readonly HistoryEntry[],
  about: About,
): Change {
  throwIfYanked(cmd, current, version);
  const changed = artifacts.filter(({ platform }) => current?.platforms[platform]?.version !== version);
  if (changed.length === 0) return undefined;
  const backwards = changed.flatMap(({ platform }) => {
    const standing = current?.platforms[platform]?.version;
    if (standing !== undefined && compareVersions(version, standing) < 0) {
      return `${cmd} on ${platform} is at ${standing}, which is newer`;
    }
    const left = movedAway(history, platform, version);
    return left ? `${cmd} on ${platform} was moved away from ${version} by ${left.by} at ${left.at}` : [];
  });
  const [problem] = [...backwards, ...leftBehind({ cmd, version }, artifacts, current)];
  if (problem !== undefined && !force) {
    throw new PromoteRefusedError(`${problem}. Nothing was changed.`, {
      byHand: `To take clients to ${version} all the same, add "force": true: ${forcedPromotion(cmd, version)}.`,
    });
  }
  return advance(cmd, current, changed, about);
}

/** The sentence about platforms that have a current version, and would keep it: half a release is rarely meant. */
function leftBehind(
  { cmd, version }: Pick<PromoteRequest, "cmd" | "version">,
  artifacts: readonly Artifact[],
  current: Current | undefined,
): string[] {
  const recorded = new Set(artifacts.map(({ platform }) => platform));
  const left = Object.entries(current?.platforms ?? {}).filter(([platform]) => !recorded.has(platform));
  if (left.length === 0) return [];
  const standing = left.map(([platform, at]) => `${platform} (at ${at.version})`).join(", ");
  return [`${cmd} ${version} is not recorded on ${standing}: clients there would stay where they are`];
}

/**
 * Withdraws a version: the mark and what becomes current instead are one change.
 * @param instead by platform whose clients are at the version, the artifact that they get; undefined where there is none
 */
export function decideYank(
  { cmd, version, reason }: Pick<PromoteRequest, "cmd" | "version" | "reason">,
  current: Current | undefined,
  instead: ReadonlyMap<string, Artifact | undefined>,
  about: About,
): Change {
  const standing = yankOf(current, version);
  // Whose clients are at it although it is marked: somebody changed the row by hand.
  if (standing !== undefined && instead.size === 0) return undefined;
  const artifacts = [...instead.values()].filter((artifact) => artifact !== undefined);
  const { next, entry } = advance(cmd, current, artifacts, about);
  for (const [platform, artifact] of instead) {
    if (artifact !== undefined) continue;
    entry.from[platform] = version;
    delete next.platforms[platform];
  }
  if (standing !== undefined) return { next, entry };
  const yanked = { ...next.yanked, [version]: { reason, ...about } };
  return { next: { ...next, yanked }, entry: { ...entry, yanked: { version, reason } } };
}

/** Undoes a withdrawal: the version may be promoted again, and is not by this. */
export function decideRestoration(
  { cmd, version }: Pick<PromoteRequest, "cmd" | "version">,
  current: Current | undefined,
  about: About,
): Change {
  if (yankOf(current, version) === undefined) return undefined;
  const { next, entry } = advance(cmd, current, [], about);
  const { [version]: _, ...others } = next.yanked ?? {};
  const { yanked: __, ...rest } = next;
  const yanked = Object.keys(others).length > 0 ? { yanked: others } : {};
  return { next: { ...rest, ...yanked }, entry: { ...entry, restored: version } };
}
