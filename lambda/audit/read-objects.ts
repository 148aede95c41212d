import { ListObjectVersionsCommand, type ListObjectVersionsOutput, type S3Client } from "@aws-sdk/client-s3";
import type { StoredVersion, World } from "./world.ts";

/** The artifacts bucket. */
export interface Objects {
  s3: S3Client;
  bucket: string;
}

/**
 * Every version and delete marker of every object under a prefix, by key, newest first.
 * @param goOn called after each page: what it throws ends the reading
 */
export async function readObjects(
  { s3, bucket: Bucket }: Objects,
  Prefix: string | undefined,
  goOn: () => void,
): Promise<World["objects"]> {
  const objects: World["objects"] = new Map();
  const newest = new Map<string, string>();
  const add = (key: string, isNewest: boolean | undefined, version: StoredVersion) => {
    const versions = objects.get(key);
    if (versions === undefined) objects.set(key, [version]);
    else versions.push(version);
    if (isNewest) newest.set(key, version.id);
  };
  for await (const page of pages(s3, { Bucket, Prefix })) {
    for (const { Key, VersionId: id = "null", Size: size = 0, IsLatest, LastModified } of page.Versions) {
      add(Key, IsLatest, { id, size, isMarker: false, storedAt: LastModified?.getTime() ?? 0 });
    }
    for (const { Key, VersionId: id = "null", IsLatest, LastModified } of page.DeleteMarkers) {
      add(Key, IsLatest, { id, size: 0, isMarker: true, storedAt: LastModified?.getTime() ?? 0 });
    }
    goOn();
  }
  // Versions and markers come in two lists, and times have seconds: S3 itself says which is the newest.
  for (const [key, versions] of objects) {
    const rank = ({ id, storedAt }: StoredVersion) =>
      id === newest.get(key) ? Number.POSITIVE_INFINITY : storedAt;
    versions.sort((a, b) => (rank(a) === rank(b) ? 0 : rank(b) > rank(a) ? 1 : -1));
  }
  return objects;
}

/** The pages of the list, their keys as they are. (The SDK has no paginator for versions.) */
async function* pages(s3: S3Client, where: { Bucket: string; Prefix: string | undefined }) {
  let at: Pick<ListObjectVersionsOutput, "KeyMarker" | "VersionIdMarker"> = {};
  for (;;) {
    // Encoded: XML cannot carry every character that a key may have.
    const page = await s3.send(new ListObjectVersionsCommand({ ...where, ...at, EncodingType: "url" }));
    const decoded = (key = "") =>
      page.EncodingType === "url" ? decodeURIComponent(key.replaceAll("+", " ")) : key;
    const withKey = <One extends { Key?: string }>(list: One[] = []) =>
      list.map((one) => ({ ...one, Key: decoded(one.Key) }));
    yield { Versions: withKey(page.Versions), DeleteMarkers: withKey(page.DeleteMarkers) };
    if (!page.IsTruncated) return;
    at = { KeyMarker: decoded(page.NextKeyMarker), VersionIdMarker: page.NextVersionIdMarker };
  }
}
