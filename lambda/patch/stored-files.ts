import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { PassThrough, type Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "../shared/artifacts.ts";
import { PatchNotProvedError } from "../shared/errors.ts";

/**
 * Downloads an artifact, unpacked, by the S3 version that was recorded.
 * @throws PatchNotProvedError when it is not what its row says
 */
export async function downloadBinary(
  s3: S3Client,
  Bucket: string,
  artifact: Artifact,
  file: string,
): Promise<void> {
  const from = { Bucket, Key: artifact.key, VersionId: artifact.s3VersionId };
  const found = await download(s3, from, file, createGunzip()).catch((error: unknown) => {
    // zlib's errors: what is stored is no gzip any more, or only a part of one.
    if ((error as NodeJS.ErrnoException).code?.startsWith("Z_"))
      return `nothing (${(error as Error).message})`;
    throw error;
  });
  if (found === artifact.sha256) return;
  throw new PatchNotProvedError(
    `${artifact.key} is damaged: its row says SHA-256 ${artifact.sha256}, its object unpacks to ${found}`,
  );
}

/**
 * Downloads an object into a file by way of `transform`.
 * @returns the standard padded base64 SHA-256 of the file
 */
export async function download(
  s3: S3Client,
  from: { Bucket: string; Key: string; VersionId?: string },
  file: string,
  transform: NodeJS.ReadWriteStream = new PassThrough(),
): Promise<string> {
  const object = await s3.send(new GetObjectCommand(from));
  const hash = createHash("sha256");
  const hashing = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(object.Body as Readable, transform, hashing, createWriteStream(file));
  return hash.digest("base64");
}

/** The standard padded base64 SHA-256 of a file. */
export async function hashFile(file: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(file), hash);
  return hash.digest("base64");
}
