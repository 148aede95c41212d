import { GetObjectCommand, type GetObjectCommandOutput, NoSuchKey, type S3Client } from "@aws-sdk/client-s3";
import { type Artifact, putArtifactOnce, putRefusal } from "../shared/artifacts.ts";
import { parseArtifactObjectKey } from "../shared/keys.ts";
import { getSource } from "../shared/sources.ts";
import type { Table } from "../shared/table.ts";
import type { StoredObject } from "./stored-object.ts";
import { UnpackError, unpackGzip } from "./unpack-gzip.ts";

export interface Recorder {
  table: Table;
  s3: S3Client;
  bucket: string;
  /** Bytes, uncompressed; larger binaries are refused. */
  largestBinary: number;
}

/** What became of the object: recorded now or before, refused with a reason, or gone. */
export type Recorded =
  | { outcome: "recorded" | "known"; artifact: Artifact }
  | { outcome: "refused"; reason: string }
  | { outcome: "gone" };

/**
 * Reads a stored object back and writes what is in it into the table, once: nothing that a builder claims is believed.
 * Safe to repeat, and in any order. Only this function writes artifact rows.
 */
export async function record(recorder: Recorder, { key, s3VersionId }: StoredObject): Promise<Recorded> {
  const { table, s3, bucket } = recorder;
  const object = await openObject(s3, bucket, key, s3VersionId);
  if (object === undefined) return { outcome: "gone" };
  const stored = { key, s3VersionId: object.VersionId ?? "null" };
  const refuse = async (reason: string): Promise<Recorded> => {
    object.Body?.destroy();
    await putRefusal(table, { ...stored, reason, refusedAt: new Date().toISOString() });
    return { outcome: "refused", reason };
  };

  const id = parseArtifactObjectKey(key);
  if (id === undefined) return refuse("its key is not <command>/<version>/<platform>.gz");
  if (object.ContentEncoding) {
    return refuse(
      `it has Content-Encoding: ${object.ContentEncoding}, which clients would unpack a second time`,
    );
  }
  const largestGzip = largestGzipOf(recorder.largestBinary);
  if ((object.ContentLength ?? 0) > largestGzip) {
    return refuse(`it has ${object.ContentLength} bytes, more than a binary of the allowed size packs to`);
  }
  try {
    const unpacked = await unpackGzip(object.Body as AsyncIterable<Uint8Array>, recorder.largestBinary);
    const source = await getSource(table, id.cmd, id.version);
    const found: Artifact = {
      ...id,
      ...unpacked,
      ...stored,
      ...(isOfAllBytes(object) && { s3Checksum: object.ChecksumSHA256 }),
      recordedAt: new Date().toISOString(),
      ...(source !== undefined && { commit: source.commit, tag: source.tag }),
    };
    const artifact = await putArtifactOnce(table, found);
    if (artifact === found) return { outcome: "recorded", artifact };
    if (artifact.sha256 === found.sha256) return { outcome: "known", artifact };
    return refuse(`its SHA-256 is ${found.sha256}, but ${key} was recorded with ${artifact.sha256}`);
  } catch (error) {
    if (error instanceof UnpackError) return refuse(error.message);
    throw error;
  }
}

/**
 * Bytes: no packer makes more of a binary of that size, whatever header it writes. What is larger is not read: it would be
 * data without end that unpacks to nothing, or that follow the end.
 */
function largestGzipOf(largestBinary: number): number {
  return Math.ceil(largestBinary * 1.25) + 100_000;
}

/** S3's checksum of a multipart upload is one of the parts' checksums, with their number behind it. */
function isOfAllBytes({ ChecksumSHA256, ChecksumType }: GetObjectCommandOutput): boolean {
  return ChecksumSHA256 !== undefined && ChecksumType !== "COMPOSITE" && !/-\d+$/.test(ChecksumSHA256);
}

async function openObject(
  s3: S3Client,
  Bucket: string,
  Key: string,
  VersionId: string | undefined,
): Promise<(GetObjectCommandOutput & { Body: NodeJS.ReadableStream & { destroy(): void } }) | undefined> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId, ChecksumMode: "ENABLED" }));
    return object as Awaited<ReturnType<typeof openObject>>;
  } catch (error) {
    if (error instanceof NoSuchKey || (error instanceof Error && error.name === "NoSuchVersion"))
      return undefined;
    throw error;
  }
}
