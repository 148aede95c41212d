import { DeleteObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { artifactsOfVersion } from "../shared/artifacts.ts";
import { getCurrent, tellNewestChange } from "../shared/current.ts";
import { ConcurrentPublishError } from "../shared/errors.ts";
import { patchObjectKey } from "../shared/keys.ts";
import { newestVersionId } from "../shared/objects.ts";
import { patchesTo } from "../shared/patches.ts";
import type { Promoted, Withdrawn } from "../shared/payloads.ts";
import { throwIfReplaced } from "../shared/replaced.ts";
import type { Table } from "../shared/table.ts";
import { yankOf } from "../shared/yanked.ts";
import { deleteMarkersOf } from "./delete-markers.ts";

/** Objects at once. */
const SIDE_BY_SIDE = 20;
/** How often the table may change its mind while objects are being put right. */
const ROUNDS = 5;

export interface Stores {
  table: Table;
  s3: S3Client;
  /** The artifacts bucket. */
  bucket: string;
  /** Has the CDN forget what it keeps of these keys. */
  invalidate: (keys: string[]) => Promise<void>;
}

interface Named {
  key: string;
  s3VersionId: string;
}

/**
 * Makes a version's objects what the table says of it: below delete markers when it is withdrawn, else the recorded ones
 * newest. They are its artifacts and the patches to it; its documents stay. Nothing but delete markers is ever removed.
 *
 * It looks at the table again in the end, and when a yank was undone meanwhile (or the other way round) it follows: so with two
 * executions side by side the one that ends last leaves what the table says.
 * @throws ConcurrentPublishError when that is not what was asked for, or when the table changed in every round
 * @throws ArtifactConflictError when something else than the recorded object is newest without its delete markers
 */
export async function withdraw(stores: Stores, { cmd, version, action }: Promoted): Promise<Withdrawn> {
  const { table, s3, bucket } = stores;
  const isWithdrawn = async () =>
    yankOf(await getCurrent(table, cmd, { consistent: true }), version) !== undefined;
  const done = { marked: 0, unmarked: 0, invalidated: 0 };

  let state = await isWithdrawn();
  let agrees = false;
  for (let round = 0; round < ROUNDS; round++) {
    const objects = await objectsOf(table, cmd, version);
    if (state) done.marked += await countOf(objects, (object) => mark(stores, object));
    else done.unmarked += await countOf(objects, (object) => unmark(stores, object));
    // Also when nothing was left to do: an earlier try may have ended between that and this.
    await stores.invalidate(objects.map(({ key }) => key));
    done.invalidated = objects.length;
    const now = await isWithdrawn();
    agrees = now === state;
    if (agrees) {
      if (!state) await inGroups(objects, (object) => throwIfReplaced(s3, bucket, object));
      if (state === (action === "yank")) return done;
      break;
    }
    state = now;
  }
  const ended = agrees
    ? `Its objects are ${state ? "withdrawn" : "back"}, as that asked for.`
    : `It changed in each of ${ROUNDS} rounds, and its objects may be either: start what you want of it again.`;
  throw new ConcurrentPublishError(
    `the withdrawal of ${cmd} ${version} changed meanwhile: ${await tellNewestChange(table, cmd)}. ${ended}`,
  );
}

async function objectsOf(table: Table, cmd: string, version: string): Promise<Named[]> {
  const artifacts = await artifactsOfVersion(table, cmd, version);
  const patches = await patchesTo(table, cmd, version);
  return [
    ...[...artifacts.values()].map(({ key, s3VersionId }) => ({ key, s3VersionId })),
    ...patches.flatMap((patch) =>
      "s3VersionId" in patch ? { key: patchObjectKey(patch), s3VersionId: patch.s3VersionId } : [],
    ),
  ];
}

/** @returns 1 when this put a delete marker, 0 when there was one, or no object */
async function mark({ s3, bucket }: Stores, { key }: Named): Promise<number> {
  if ((await newestVersionId(s3, bucket, key)) === undefined) return 0;
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key }));
  return 1;
}

/** @returns how many delete markers this took off */
async function unmark({ s3, bucket }: Stores, { key }: Named): Promise<number> {
  const markers = await deleteMarkersOf(s3, bucket, key);
  for (const VersionId of markers) {
    await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: key, VersionId }));
  }
  return markers.length;
}

async function countOf(objects: readonly Named[], work: (object: Named) => Promise<number>): Promise<number> {
  return (await inGroups(objects, work)).reduce((sum, one) => sum + one, 0);
}

async function inGroups<Result>(
  objects: readonly Named[],
  work: (object: Named) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let at = 0; at < objects.length; at += SIDE_BY_SIDE) {
    results.push(...(await Promise.all(objects.slice(at, at + SIDE_BY_SIDE).map(work))));
  }
  return results;
}
