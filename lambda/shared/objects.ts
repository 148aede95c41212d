import {
  GetObjectCommand,
  HeadObjectCommand,
  NotFound,
  PutObjectCommand,
  type S3Client,
} from "@aws-sdk/client-s3";

/** The S3 version id of the newest object under a key, or undefined when there is none. */
export async function newestVersionId(
  s3: S3Client,
  Bucket: string,
  Key: string,
): Promise<string | undefined> {
  try {
    const head = await s3.send(new HeadObjectCommand({ Bucket, Key }));
    return head.VersionId ?? "null";
  } catch (error) {
    if (error instanceof NotFound) return undefined;
    throw error;
  }
}

export async function readText(s3: S3Client, Bucket: string, Key: string): Promise<string> {
  const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
  return (await object.Body?.transformToString("utf8")) ?? "";
}

export async function writeText(s3: S3Client, Bucket: string, Key: string, Body: string): Promise<void> {
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ContentType: "text/tab-separated-values" }));
}
