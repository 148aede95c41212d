import { S3Client } from "@aws-sdk/client-s3";
import type { SQSBatchResponse, SQSEvent } from "aws-lambda";
import { parseArtifactObjectKey } from "../shared/keys.ts";
import { about, log } from "../shared/log.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { type Recorded, record } from "./record.ts";
import { type StoredObject, storedObjects } from "./stored-object.ts";

export const SETTINGS = ["table", "artifactsBucket", "largestBinaryBytes"] as const;

const settings = readSettings(SETTINGS);
const recorder = {
  table: openTable(settings.table),
  s3: new S3Client(),
  bucket: settings.artifactsBucket,
  largestBinary: Number(settings.largestBinaryBytes),
};

/**
 * Records the objects that the queue's messages tell about; a message that fails is tried again by the queue.
 * Called directly with one object, by a registration that waits, it answers what became of it.
 */
export async function handler(event: SQSEvent | { key: string }): Promise<SQSBatchResponse | Recorded> {
  if (!("Records" in event)) return recordOne({ key: event.key, s3VersionId: undefined });
  const batchItemFailures: SQSBatchResponse["batchItemFailures"] = [];
  for (const { messageId, body } of event.Records) {
    try {
      for (const object of storedObjects(body)) {
        await recordOne(object);
      }
    } catch (error) {
      log("failed", {
        messageId,
        error: String(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}

async function recordOne(object: StoredObject): Promise<Recorded> {
  return about(parseArtifactObjectKey(object.key) ?? {}, async () => {
    const recorded = await record(recorder, object);
    const { outcome, ...details } = recorded;
    log(outcome, { ...object, ...details });
    return recorded;
  });
}
