import type { Artifact } from "../shared/artifacts.ts";
import { advance, type Current, type HistoryEntry } from "../shared/current.ts";
import { PublishRefusedError } from "../shared/errors.ts";
import { forcedPromotion, movedAway } from "../shared/moved-away.ts";
import { compareVersions } from "../shared/version.ts";
import { throwIfYanked } from "../shared/yanked.ts";

/** What to write: the next revision and its history, or nothing when current is that version already. */
export type Decision = { next: Current; entry: HistoryEntry } | undefined;

/**
 * Decides whether a version becomes current on exactly the given platforms.
 * @param about when (RFC 3339, UTC), and by which execution
 * @throws YankedVersionError when the version was withdrawn
 * @throws PublishRefusedError when a platform's current is newer, or when history shows that clients were moved away
 *   from this version: going back is the promote machine's, where a person says so
 */
export function decide(
  artifacts: readonly Artifact[],
  current: Current | undefined,
  history: readonly HistoryEntry[],
  about: { at: string; by: string },
): Decision {
  const [first] = artifacts;
  if (first === undefined) return undefined;
  const { cmd, version } = first;
  throwIfYanked(cmd, current, version);
  const before = current?.platforms ?? {};
  for (const { platform } of artifacts) {
    const standing = before[platform]?.version;
    if (standing !== undefined && compareVersions(version, standing) < 0) {
      throw new PublishRefusedError(
        `${cmd} on ${platform} is at ${standing}, which is newer than ${version}: nothing was published. ` +
          "The artifacts stay, and can be installed by their version. To go back, start the promote machine with " +
          `${forcedPromotion(cmd, version)}.`,
      );
    }
  }

  const changed = artifacts.filter(({ platform }) => before[platform]?.version !== version);
  if (changed.length === 0) return undefined;
  for (const { platform } of changed) {
    const left = movedAway(history, platform, version);
    if (left !== undefined) {
      throw new PublishRefusedError(
        `${cmd} on ${platform} was moved away from ${version} to ${left.to[platform] ?? "nothing"} at ${left.at} by ` +
          `${left.by} and is at ${before[platform]?.version ?? "nothing"}: a release does not bring it back. Release a ` +
          `new tag, or start the promote machine with ${forcedPromotion(cmd, version)}.`,
      );
    }
  }

  return advance(cmd, current, changed, about);
}
