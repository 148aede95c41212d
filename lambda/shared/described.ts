import type { S3Client } from "@aws-sdk/client-s3";
import { readDocument } from "./documents.ts";
import { binaryName, laterProvenanceObjectKey, provenanceObjectKey, sbomObjectKey } from "./keys.ts";
import { newestVersionId } from "./objects.ts";

/**
 * Those of the platforms that have both their documents, a bill of materials and a statement: for the others Describe needs a
 * build's report. Whether the documents are about the recorded bytes is for Describe to judge.
 */
export async function describedPlatforms(
  s3: S3Client,
  bucket: string,
  { cmd, version }: { cmd: string; version: string },
  platforms: readonly string[],
): Promise<Set<string>> {
  const isThere = async (key: string) => (await newestVersionId(s3, bucket, key)) !== undefined;
  const first = subjectsOf((await readDocument(s3, bucket, provenanceObjectKey(cmd, version))) ?? "");
  const found = await Promise.all(
    platforms.map(async (platform) => {
      const id = { cmd, version, platform };
      const isStated = first.has(binaryName(id)) || (await isThere(laterProvenanceObjectKey(id)));
      return isStated && (await isThere(sbomObjectKey(id)));
    }),
  );
  return new Set(platforms.filter((_, index) => found[index]));
}

/** What a statement is about; nothing when it is none. */
function subjectsOf(text: string): Set<string> {
  try {
    const { subject } = JSON.parse(text) as { subject: { name: string }[] };
    return new Set(subject.map(({ name }) => name));
  } catch {
    return new Set();
  }
}
