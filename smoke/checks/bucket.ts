import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetPublicAccessBlockCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { ARTIFACT_HEADERS } from "../../import/import-artifact.ts";
import { type Check, oneOf, refusal, same, statusOf, type World } from "../check.ts";

const putFirst = ({ deployment: { s3, bucket: Bucket }, samples: [{ key: Key, gzip: Body }] }: World) =>
  s3.send(
    new PutObjectCommand({
      ...{ Bucket, Key, Body, IfNoneMatch: "*", ChecksumAlgorithm: "SHA256" },
      ...ARTIFACT_HEADERS,
    }),
  );

/** The artifacts bucket: write-once and private. They store the two versions that later checks ask for. */
export const BUCKET_CHECKS: Check[] = [
  {
    name: "bucket: all public access is blocked",
    look: async ({ deployment: { s3, bucket: Bucket } }) => {
      const { PublicAccessBlockConfiguration: block } = await s3.send(
        new GetPublicAccessBlockCommand({ Bucket }),
      );
      const { BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets } = block ?? {};
      same(
        "the public access block",
        [BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets],
        [true, true, true, true],
      );
      return undefined;
    },
  },
  {
    name: "bucket: a put without condition is denied",
    notLocal: "it does not evaluate the write-once policy",
    look: async ({ deployment: { s3, bucket: Bucket }, cmd }) => {
      const unconditional = new PutObjectCommand({ Bucket, Key: `${cmd}/unconditional`, Body: "x" });
      oneOf("the refusal", await refusal("the put", s3.send(unconditional)), "AccessDenied");
      return undefined;
    },
  },
  {
    name: "bucket: a put with If-None-Match is taken, and taken once",
    look: async (world) => {
      await putFirst(world);
      oneOf("the refusal", await refusal("the second put", putFirst(world)), "PreconditionFailed");
      return undefined;
    },
  },
  {
    name: "bucket: a multipart upload completed with If-None-Match is taken",
    look: async ({ deployment: { s3, bucket: Bucket }, samples: [, sample] }) => {
      const { key: Key, gzip: Body } = sample;
      const object = { Bucket, Key };
      const { UploadId } = await s3.send(
        new CreateMultipartUploadCommand({ ...object, ...ARTIFACT_HEADERS, ChecksumAlgorithm: "CRC32" }),
      );
      const part = { ...object, UploadId, PartNumber: 1 };
      const { ETag, ChecksumCRC32 } = await s3.send(
        new UploadPartCommand({ ...part, Body, ChecksumAlgorithm: "CRC32" }),
      );
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag, ChecksumCRC32 }] };
      await s3.send(
        new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload, IfNoneMatch: "*" }),
      );
      sample.storedAt = Date.now();
      return undefined;
    },
  },
  {
    name: "bucket: nobody reads or lists it without credentials",
    look: async ({ deployment: { bucketUrl }, cmd, samples: [{ key }] }) => {
      for (const path of [key, `?list-type=2&prefix=${cmd}/`]) {
        same(`the status of ${path}`, await statusOf(`${bucketUrl}${path}`), 403);
      }
      return undefined;
    },
  },
];
