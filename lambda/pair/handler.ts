import { S3Client } from "@aws-sdk/client-s3";
import { artifactsBefore, artifactsOfVersion, getRefusal } from "../shared/artifacts.ts";
import { ArtifactRefusedError, NotRecordedYetError } from "../shared/errors.ts";
import { type ArtifactId, artifactObjectKey } from "../shared/keys.ts";
import { newestVersionId, readText } from "../shared/objects.ts";
import { isSettled, patchesTo } from "../shared/patches.ts";
import type { PairEvent, Paired, PatchPair, ReleaseRequest } from "../shared/payloads.ts";
import { throwIfReplaced } from "../shared/replaced.ts";
import { readReport } from "../shared/report.ts";
import { readSettings } from "../shared/settings.ts";
import { step, subjectOfRelease } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { refuseYanked } from "../shared/yanked.ts";
import { checkBuilds } from "./check-builds.ts";
import { newestBases, openPairs } from "./choose-pairs.ts";

export const SETTINGS = ["table", "artifactsBucket", "sourcesBucket", "patchBases"] as const;

const settings = readSettings(SETTINGS);
const table = openTable(settings.table);
const s3 = new S3Client();

/**
 * Waits, by failing with NotRecordedYetError, until all artifacts of the release are recorded as they were built; then
 * pairs each with the base versions that patches are made from.
 * @throws YankedVersionError, BuildFailedError, ArtifactConflictError, ArtifactRefusedError, NotRecordedYetError
 */
export const handler = step("pair", subjectOfRelease, pair);

async function pair({ request, plan, startedAt }: PairEvent): Promise<Paired> {
  await refuseYanked(table, request.cmd, plan.version, { hasStored: true });
  const recorded = await artifactsOfVersion(table, request.cmd, plan.version);
  const reports = await Promise.all(
    plan.batches.map(
      async ({ reportKey }) => readReport(await readText(s3, settings.sourcesBucket, reportKey)).platforms,
    ),
  );
  checkBuilds(reports.flat(), recorded);

  const missing = request.platforms.filter((platform) => !recorded.has(platform));
  for (const platform of missing)
    await throwIfRefused({ cmd: request.cmd, version: plan.version, platform }, startedAt);
  if (missing.length > 0) {
    throw new NotRecordedYetError(
      `${request.cmd} ${plan.version}: stored but not recorded on ${missing.join(", ")}. ` +
        "See the record function's log and its dead-letter queue; the next release of this tag asks for it again.",
    );
  }
  const mine = request.platforms.flatMap((platform) => recorded.get(platform) ?? []);
  await Promise.all(mine.map((artifact) => throwIfReplaced(s3, settings.artifactsBucket, artifact)));
  const patches = await patchesTo(table, request.cmd, plan.version);
  const artifacts = mine.map(({ platform, sha256, size, gzSize }) => ({ platform, sha256, size, gzSize }));
  return {
    artifacts,
    pairs: openPairs(await basesOf(request, plan.version), patches.filter(isSettled)),
  };
}

/** The pairs that the release wants: from the request's own base versions, else from the newest older ones. */
async function basesOf({ cmd, platforms, bases }: ReleaseRequest, version: string): Promise<PatchPair[]> {
  if (bases.length === 0) {
    return newestBases(artifactsBefore(table, cmd, version), platforms, Number(settings.patchBases));
  }
  const pairs = bases.map(async (from) => {
    const recorded = await artifactsOfVersion(table, cmd, from);
    return platforms.filter((platform) => recorded.has(platform)).map((platform) => ({ platform, from }));
  });
  return (await Promise.all(pairs)).flat();
}

/** A refusal from before this execution may have lost its reason (a raised limit), so plan has had it judged again. */
async function throwIfRefused(id: ArtifactId, startedAt: string): Promise<void> {
  const key = artifactObjectKey(id);
  const s3VersionId = await newestVersionId(s3, settings.artifactsBucket, key);
  const refusal = s3VersionId && (await getRefusal(table, key, s3VersionId));
  if (!refusal || Date.parse(refusal.refusedAt) < Date.parse(startedAt)) return;
  throw new ArtifactRefusedError(
    `${key} was stored but refused: ${refusal.reason}. Find out who stored it, delete the object ` +
      `(version ${s3VersionId} in bucket ${settings.artifactsBucket}) and start the release again.`,
  );
}
