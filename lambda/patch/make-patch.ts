import { readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PutObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { type Artifact, getArtifact } from "../shared/artifacts.ts";
import { PatchNotProvedError } from "../shared/errors.ts";
import { patchObjectKey } from "../shared/keys.ts";
import { newestVersionId } from "../shared/objects.ts";
import { type Patch, putLack, putPatch } from "../shared/patches.ts";
import type { PatchEvent, PatchResult } from "../shared/payloads.ts";
import type { Table } from "../shared/table.ts";
import { refuseYanked } from "../shared/yanked.ts";
import { diff, prove } from "./engine.ts";
import { lackOf, needsOf, resourcesHere } from "./limits.ts";
import { measureLack, measureRatio } from "./metrics.ts";
import type { Stopwatch } from "./stopwatch.ts";
import { download, downloadBinary, hashFile } from "./stored-files.ts";
import { workFolder } from "./work-folder.ts";

export interface Patcher {
  table: Table;
  s3: S3Client;
  bucket: string;
  /** When the call ends, in milliseconds since 1970. */
  deadline: number;
  stopwatch: Stopwatch;
}

/**
 * Makes a patch, proves that it turns the base into the target, stores it once and records it. A patch that is stored
 * already is proved and recorded instead. It is kept only when it is smaller than the full download. A pair that this function
 * has no room or time for is not begun. Nothing leads to a withdrawn version: S3 takes a put that says "only if absent" over a
 * delete marker, so that is asked last before it.
 * @throws YankedVersionError
 * @throws PatchNotProvedError when an input is not what its row says, or the patch does not make the target
 */
export async function makePatch(
  patcher: Patcher,
  { cmd, version, pair }: Omit<PatchEvent, "execution">,
): Promise<PatchResult> {
  const { table, s3, bucket, stopwatch } = patcher;
  const { platform, from } = pair;
  const started = Date.now();
  const id = { cmd, platform, from, to: version };
  const key = patchObjectKey(id);
  const rowOf = async (one: string): Promise<Artifact> => {
    const artifact = await getArtifact(table, { cmd, version: one, platform });
    if (artifact !== undefined) return artifact;
    throw new PatchNotProvedError(`${cmd} ${one} is not recorded on ${platform}`);
  };
  const { base, target, stored } = await stopwatch.time("look up", async () => {
    const [base, target] = await Promise.all([rowOf(from), rowOf(version)]);
    await refuseYanked(table, cmd, version);
    return { base, target, stored: await newestVersionId(s3, bucket, key) };
  });
  if (stored === undefined) {
    const there = await resourcesHere(tmpdir(), patcher.deadline);
    const needs = needsOf(base.size, target.size);
    const lack = lackOf(needs, there);
    if (lack !== undefined) {
      measureLack(needs, there);
      await putLack(table, { ...id, none: lack, recordedAt: new Date().toISOString() });
      return { ...pair, outcome: "none", reason: lack };
    }
  }

  const folder = await workFolder();
  const file = (name: string) => join(folder, name);
  const settle = async (facts: { size: number; s3VersionId: string } | { none: string }) => {
    const recordedAt = new Date().toISOString();
    const patch: Patch =
      "none" in facts
        ? { ...id, ...facts, recordedAt }
        : {
            ...{ ...id, ...facts, recordedAt, sha256: await hashFile(file("patch")) },
            milliseconds: Date.now() - started,
          };
    await putPatch(table, patch);
  };

  try {
    const downloads = await stopwatch.time("download", () =>
      Promise.allSettled([
        downloadBinary(s3, bucket, base, file("base")),
        downloadBinary(s3, bucket, target, file("target")),
      ]),
    );
    // Both have ended now: nothing is written any more when the folder goes.
    for (const download of downloads) if (download.status === "rejected") throw download.reason;
    if (stored === undefined) {
      await stopwatch.time("diff", () => diff(folder));
    } else {
      await download(s3, { Bucket: bucket, Key: key, VersionId: stored }, file("patch"));
    }
    await stopwatch.time("prove", () => prove(folder, key, target.sha256));
    const { size } = await stat(file("patch"));
    if (stored !== undefined) {
      await settle({ size, s3VersionId: stored });
      return { ...pair, outcome: "present", size };
    }
    if (size >= target.gzSize) {
      const reason = `the patch has ${size} bytes, the full download ${target.gzSize}`;
      await settle({ none: reason });
      return { ...pair, outcome: "none", reason };
    }
    const isStored = await stopwatch.time("store", async () => {
      await refuseYanked(table, cmd, version);
      const s3VersionId = await putOnce(s3, bucket, key, file("patch"));
      if (s3VersionId !== undefined) await settle({ size, s3VersionId });
      return s3VersionId !== undefined;
    });
    if (isStored) {
      measureRatio(cmd, size, target.gzSize);
      return { ...pair, outcome: "made", size };
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  // Another execution stored one meanwhile, or our own put came through although its answer did not: prove that one.
  return makePatch(patcher, { cmd, version, pair });
}

/** @returns the S3 version id of the stored patch, or undefined when the key is taken */
async function putOnce(s3: S3Client, Bucket: string, Key: string, file: string): Promise<string | undefined> {
  const put = new PutObjectCommand({
    Bucket,
    Key,
    Body: await readFile(file),
    IfNoneMatch: "*",
    ChecksumAlgorithm: "SHA256",
    ContentType: "application/octet-stream",
    CacheControl: "public, max-age=31536000, immutable",
  });
  try {
    return (await s3.send(put)).VersionId ?? "null";
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "PreconditionFailed") return undefined;
    throw error;
  }
}
