import {
  GetObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";
import { UnpackError, type Unpacked, unpackGzip } from "../lambda/record/unpack-gzip.ts";
import { type ArtifactId, artifactObjectKey } from "../lambda/shared/keys.ts";
import { GO_PLATFORMS } from "../lib/config/go-platforms.ts";
import { UserError } from "../tools/user-error.ts";

/** As buildspec/build.sh stores artifacts. No Content-Encoding, whatever the old bucket had: clients unpack by themselves. */
export const ARTIFACT_HEADERS = {
  ContentType: "application/gzip",
  ContentDisposition: "attachment",
  CacheControl: "public, max-age=31536000, immutable",
} as const;

/** Where artifacts are put. */
export interface Target {
  s3: S3Client;
  bucket: string;
  /** Bytes of a binary: what the deployment records. */
  largestBinary: number;
  /** Platforms that neither today's Go nor the original built, too. */
  anyPlatform?: boolean;
}

/** What the original built (main.go of heroku/hk's hkdist); Go has dropped one of them since. */
const ORIGINAL = new Set(["darwin-386"]);

/** What is in the artifact, and whether it was there already. */
export type Imported = Unpacked & { outcome: "stored" | "present" };

/**
 * Stores a version of the past, byte for byte as it is, once. The event of that makes the recorder read it back.
 * @throws UserError when it is not what clients could unpack, or other bytes have its name
 */
export async function importArtifact(target: Target, id: ArtifactId, gzip: Uint8Array): Promise<Imported> {
  const key = artifactObjectKey(id);
  if (!target.anyPlatform && !GO_PLATFORMS.has(id.platform) && !ORIGINAL.has(id.platform)) {
    throw new UserError(
      `${key} is not imported: ${id.platform} is no platform of Go's, and an import cannot be taken back. If it is right, say --any-platform.`,
    );
  }
  const unpacked = await unpackGzip(once(gzip), target.largestBinary).catch((error: unknown) => {
    if (!(error instanceof UnpackError)) throw error;
    throw new UserError(`${key} is not imported, as no client could install it: ${error.message}.`);
  });
  await refuseHidden(target, key);
  if (await putOnce(target, key, gzip)) return { ...unpacked, outcome: "stored" };
  const stored = await target.s3.send(new GetObjectCommand({ Bucket: target.bucket, Key: key }));
  const bytes = (await stored.Body?.transformToByteArray()) ?? new Uint8Array();
  if (Buffer.compare(bytes, gzip) === 0) return { ...unpacked, outcome: "present" };
  throw new UserError(
    `${key} is not imported: other bytes (${bytes.length.toLocaleString("en")} of them) have that name in bucket ` +
      `${target.bucket}, and a version never changes. Find out which ones are right.`,
  );
}

/** S3 takes a put that says "only if absent" over a delete marker: a withdrawn version would be public again. */
async function refuseHidden({ s3, bucket }: Target, Key: string): Promise<void> {
  const page = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, Prefix: Key, MaxKeys: 1000 }));
  const isHidden = page.DeleteMarkers?.some((marker) => marker.Key === Key && marker.IsLatest);
  if (!isHidden) return;
  throw new UserError(
    `${Key} is not imported: it is there, and was withdrawn. To give it back, start the promote machine with "yank": false.`,
  );
}

async function putOnce({ s3, bucket }: Target, Key: string, Body: Uint8Array): Promise<boolean> {
  const once = { IfNoneMatch: "*", ChecksumAlgorithm: "SHA256" } as const;
  try {
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...once, ...ARTIFACT_HEADERS }));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "PreconditionFailed") return false;
    throw error;
  }
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
