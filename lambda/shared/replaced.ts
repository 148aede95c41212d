import type { S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "./artifacts.ts";
import { ArtifactConflictError } from "./errors.ts";
import { newestVersionId } from "./objects.ts";

/**
 * Clients get the newest object under a name, so that must be the recorded one.
 * @throws ArtifactConflictError when it is another, or gone
 */
export async function throwIfReplaced(
  s3: S3Client,
  bucket: string,
  { key, s3VersionId }: Pick<Artifact, "key" | "s3VersionId">,
): Promise<void> {
  const newest = await newestVersionId(s3, bucket, key);
  if (newest === s3VersionId) return;
  throw new ArtifactConflictError(
    `${key} was recorded as S3 version ${s3VersionId}, but ${newest === undefined ? "is gone" : `is ${newest} now`}. ` +
      `Bring the recorded version back: delete what is newer in bucket ${bucket}, delete markers too.`,
  );
}
