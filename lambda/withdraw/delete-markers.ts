import { ListObjectVersionsCommand, type S3Client } from "@aws-sdk/client-s3";

/** The S3 version ids of a key's delete markers, newest first. Real versions are never among them. */
export async function deleteMarkersOf(s3: S3Client, Bucket: string, Key: string): Promise<string[]> {
  const markers: string[] = [];
  let KeyMarker: string | undefined;
  let VersionIdMarker: string | undefined;
  do {
    const page = await s3.send(
      new ListObjectVersionsCommand({ Bucket, Prefix: Key, KeyMarker, VersionIdMarker }),
    );
    for (const marker of page.DeleteMarkers ?? []) {
      if (marker.Key === Key && marker.VersionId !== undefined) markers.push(marker.VersionId);
    }
    KeyMarker = page.IsTruncated ? page.NextKeyMarker : undefined;
    VersionIdMarker = page.NextVersionIdMarker;
    // Longer keys that begin alike come after it.
  } while (KeyMarker === Key);
  return markers;
}
