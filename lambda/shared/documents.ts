import {
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
  S3ServiceException,
} from "@aws-sdk/client-s3";

/** The text of a document, or undefined when there is none. */
export async function readDocument(s3: S3Client, Bucket: string, Key: string): Promise<string | undefined> {
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
    return await object.Body?.transformToString("utf8");
  } catch (error) {
    if (error instanceof NoSuchKey) return undefined;
    throw error;
  }
}

/** Stores a document for ever. @returns false when the key is taken */
export async function putDocumentOnce(
  s3: S3Client,
  Bucket: string,
  Key: string,
  Body: string,
  ContentType: string,
): Promise<boolean> {
  const put = new PutObjectCommand({
    Bucket,
    Key,
    Body,
    IfNoneMatch: "*",
    ChecksumAlgorithm: "SHA256",
    ContentType,
    CacheControl: "public, max-age=31536000, immutable",
  });
  try {
    await s3.send(put);
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "PreconditionFailed") return false;
    throw error;
  }
}
