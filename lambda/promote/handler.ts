import { S3Client } from "@aws-sdk/client-s3";
import type { Promoted, PromoteEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { askedFor, step } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { checkRequest } from "./check-request.ts";
import { promote } from "./promote.ts";

export const SETTINGS = ["table", "artifactsBucket"] as const;

const settings = readSettings(SETTINGS);
const stores = { table: openTable(settings.table), s3: new S3Client(), bucket: settings.artifactsBucket };

/** First step of the promote machine: checks what is asked for, and does it in one write. */
export const handler = step(
  "promote",
  ({ input, execution }: PromoteEvent) => ({ ...askedFor(input), execution: execution.name }),
  async ({ input, commands, execution }): Promise<Promoted> =>
    promote(stores, checkRequest(input, commands), execution.arn),
);
