import type { Artifact } from "../shared/artifacts.ts";
import { advance, type Current, type HistoryEntry, tellMoves } from "../shared/current.ts";
import { PublishRefusedError } from "../shared/errors.ts";
import { forcedPromotion, movedAway } from "../shared/moved-away.ts";
import { compareVersions } from "../shared/version.ts";
import { throwIfYanked } from "../shared/yanked.ts";

/** What to write: the next revision and its history, or nothing when current is that version already. */
export type Decision = { next: Current; entry: HistoryEntry } | undefined;

/**
 * Decides whether a version becomes current on exactly the given platforms.
 * @param about when, by which execution, and when that was started (RFC 3339, UTC)
 * @throws YankedVersionError when the version was withdrawn
 * @throws PublishRefusedError when a platform's current is newer, or when history shows that clients were moved away
 *   from this version: going back is the promote machine's, where a person says so; and when a person took clients back
 *   while this release ran, for that is the later word
 */
export function decide(
  artifacts: readonly Artifact[],
  current: Current | undefined,
  history: readonly HistoryEntry[],
  about: { at: string; by: string; startedAt: string },
): Decision {
  const [first] = artifacts;
  if (first === undefined) return undefined;
  const { cmd, version } = first;
  throwIfYanked(cmd, current, version, { hasStored: true });
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

  const back = takenBack(history, changed, about.startedAt);
  if (back !== undefined) {
    throw new PublishRefusedError(
      `while this release of ${cmd} ran, ${back.by} took clients back (${tellMoves(back)}) at ${back.at}: ${version} was not ` +
        `published. If it is still wanted, start the promote machine with ${JSON.stringify({ cmd, version })}.`,
    );
  }
  return advance(cmd, current, changed, about);
}

/** A rollback of one of the platforms since then. A yank is about its own version, and stops no other. */
function takenBack(
  history: readonly HistoryEntry[],
  artifacts: readonly Artifact[],
  since: string,
): HistoryEntry | undefined {
  return history.findLast(
    ({ at, from, to, yanked }) =>
      yanked === undefined &&
      Date.parse(at) > Date.parse(since) &&
      artifacts.some(({ platform }) => {
        const [left, reached] = [from[platform], to[platform]];
        return left !== undefined && reached !== undefined && compareVersions(reached, left) < 0;
      }),
  );
}
