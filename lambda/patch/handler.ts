import { S3Client } from "@aws-sdk/client-s3";
import type { Context } from "aws-lambda";
import { log } from "../shared/log.ts";
import type { PatchEvent, PatchResult } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { makePatch } from "./make-patch.ts";

export const SETTINGS = ["table", "artifactsBucket"] as const;

const settings = readSettings(SETTINGS);
const patcher = { table: openTable(settings.table), s3: new S3Client(), bucket: settings.artifactsBucket };

/** Makes one patch. The machine goes on without it when it fails: a client then downloads the full binary. */
export async function handler(event: PatchEvent, context: Context): Promise<PatchResult> {
  const started = Date.now();
  try {
    const result = await makePatch(
      { ...patcher, deadline: started + context.getRemainingTimeInMillis() },
      event,
    );
    log("patch", { ...event, ...result, milliseconds: Date.now() - started });
    return result;
  } catch (thrown) {
    // The addon rejects with plain words.
    const error = thrown instanceof Error ? thrown : new Error(String(thrown));
    log("patch failed", {
      ...event,
      error: String(error),
      stack: error.stack,
    });
    throw error;
  }
}
