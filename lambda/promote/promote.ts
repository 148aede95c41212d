import type { S3Client } from "@aws-sdk/client-s3";
import { type Artifact, artifactsOfVersion, getArtifact } from "../shared/artifacts.ts";
import {
  type Current,
  currentWithHistory,
  type HistoryEntry,
  replaceCurrent,
  tellNewestChange,
} from "../shared/current.ts";
import { ConcurrentPublishError, PromoteRefusedError } from "../shared/errors.ts";
import { log } from "../shared/log.ts";
import { newestVersionId } from "../shared/objects.ts";
import type { Promoted, PromoteRequest } from "../shared/payloads.ts";
import { throwIfReplaced } from "../shared/replaced.ts";
import type { Table } from "../shared/table.ts";
import { waitTurn } from "../shared/wait-turn.ts";
import { throwIfYanked, yankOf } from "../shared/yanked.ts";
import { type About, type Change, decidePromotion, decideRestoration, decideYank } from "./decide.ts";
import { goodVersions } from "./good-versions.ts";

const TRIES = 8;

export interface Stores {
  table: Table;
  s3: S3Client;
  /** The artifacts bucket. */
  bucket: string;
}

/**
 * Makes a recorded version current, withdraws it, or undoes that: one conditional write with its history entry. Doing it again
 * finds it done, also when the first answer was lost.
 *
 * A yank and its undoing are about one version, so one that lost a race decides anew. A promotion is about what a person saw
 * (at `revision`, when the request has it): when somebody else was faster it ends, and says who.
 * @param by the execution
 * @throws PromoteRefusedError, YankedVersionError, ArtifactConflictError
 * @throws ConcurrentPublishError when somebody else changed current
 */
export async function promote(stores: Stores, request: PromoteRequest, by: string): Promise<Promoted> {
  const { table } = stores;
  const { cmd, version, action } = request;
  const recorded = [...(await artifactsOfVersion(table, cmd, version)).values()];
  let seen = request.revision;
  for (let tried = 0; tried < TRIES; tried++) {
    await waitTurn(tried);
    const { current, history } = await currentWithHistory(table, cmd);
    const revision = current?.revision ?? 0;
    const mine = history.findLast((entry) => entry.by === by);
    if (mine !== undefined) return told(request, mine);
    throwIfUnknown(request, recorded, current);
    if (action === "promote" && seen !== undefined && revision !== seen) break;
    seen = revision;

    const about = { at: new Date().toISOString(), by };
    const change = await decide(stores, request, recorded, current, history, about);
    if (change === undefined) return { cmd, version, action, revision, changed: false, from: {}, to: {} };
    if (await replaceCurrent(table, change.next, change.entry)) {
      log("promoted", { action, ...change.entry });
      return told(request, change.entry);
    }
  }
  throw new ConcurrentPublishError(
    `current of ${cmd} changed meanwhile: ${await tellNewestChange(table, cmd)}. Nothing was done here: see what is ` +
      "current now, and start this again if it is still wanted.",
  );
}

/**
 * What an execution would write now, for those who want to see that first. Changes nothing.
 * @throws PromoteRefusedError, YankedVersionError, ArtifactConflictError as the execution would
 */
export async function preview(
  stores: Stores,
  request: PromoteRequest,
): Promise<{ current: Current | undefined; history: HistoryEntry[]; change: Change }> {
  const { cmd, version } = request;
  const recorded = [...(await artifactsOfVersion(stores.table, cmd, version)).values()];
  const { current, history } = await currentWithHistory(stores.table, cmd);
  throwIfUnknown(request, recorded, current);
  const about = { at: new Date().toISOString(), by: "" };
  return { current, history, change: await decide(stores, request, recorded, current, history, about) };
}

/** What to do about a version that is not recorded. */
const UNKNOWN: Record<PromoteRequest["action"], string> = {
  promote: "release it first",
  yank: "there is nothing to withdraw. Look whether the version is written right",
  restore: "it is not withdrawn, so there is nothing to undo. Look whether the version is written right",
};

/**
 * The mark of a version whose rows somebody has deleted since can still be taken off: until then it is not released again.
 * @throws PromoteRefusedError when the version is recorded nowhere
 */
function throwIfUnknown(
  { cmd, version, action }: PromoteRequest,
  recorded: readonly Artifact[],
  current: Current | undefined,
): void {
  if (recorded.length > 0 || (action === "restore" && yankOf(current, version) !== undefined)) return;
  const sentence = `${cmd} ${version} is not recorded on any platform: ${UNKNOWN[action]}`;
  throw new PromoteRefusedError(sentence, { isUnknown: true });
}

async function decide(
  stores: Stores,
  request: PromoteRequest,
  recorded: readonly Artifact[],
  current: Current | undefined,
  history: readonly HistoryEntry[],
  about: About,
): Promise<Change> {
  const { cmd, version } = request;
  switch (request.action) {
    case "promote":
      // Before its objects are looked at: those of a withdrawn version are gone.
      throwIfYanked(cmd, current, version);
      await Promise.all(recorded.map((artifact) => throwIfReplaced(stores.s3, stores.bucket, artifact)));
      return decidePromotion(request, recorded, current, history, about);
    case "yank":
      return decideYank(request, current, await replacements(stores, request, current, history), about);
    case "restore":
      return decideRestoration(request, current, about);
  }
}

/** By platform whose clients are at the version, the newest good artifact that can be downloaded. */
async function replacements(
  { table, s3, bucket }: Stores,
  { cmd, version }: PromoteRequest,
  current: Current | undefined,
  history: readonly HistoryEntry[],
): Promise<Map<string, Artifact | undefined>> {
  const standing = Object.entries(current?.platforms ?? {});
  const affected = standing.filter(([, at]) => at.version === version).map(([platform]) => platform);
  const isWithdrawn = (one: string) => one === version || yankOf(current, one) !== undefined;
  const found = affected.map(async (platform) => {
    for (const good of goodVersions(history, platform, isWithdrawn)) {
      const artifact = await getArtifact(table, { cmd, version: good, platform });
      if (artifact === undefined) continue;
      if ((await newestVersionId(s3, bucket, artifact.key)) === artifact.s3VersionId) {
        return [platform, artifact] as const;
      }
      log("passed over, for its object is not the recorded one", { key: artifact.key });
    }
    return [platform, undefined] as const;
  });
  return new Map(await Promise.all(found));
}

function told({ cmd, version, action }: PromoteRequest, { revision, from, to }: HistoryEntry): Promoted {
  return { cmd, version, action, revision, changed: true, from, to };
}
