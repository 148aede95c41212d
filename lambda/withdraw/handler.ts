import { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { S3Client } from "@aws-sdk/client-s3";
import { log } from "../shared/log.ts";
import type { WithdrawEvent, Withdrawn } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { step, subjectOfPromotion } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { invalidate } from "./invalidate.ts";
import { withdraw } from "./withdraw.ts";

export const SETTINGS = ["table", "artifactsBucket", "distributionId"] as const;

const settings = readSettings(SETTINGS);
const table = openTable(settings.table);
const s3 = new S3Client();
const cloudfront = new CloudFrontClient();

/** Takes a withdrawn version's objects from the public, or gives them back. */
export const handler = step("withdraw", subjectOfPromotion, takeOrGiveBack);

async function takeOrGiveBack({ promoted, execution }: WithdrawEvent): Promise<Withdrawn> {
  const withdrawn = await withdraw(
    {
      table,
      s3,
      bucket: settings.artifactsBucket,
      // Each order is one of its own: after a first one the CDN may have fetched again what was still there.
      invalidate: (keys) =>
        invalidate(cloudfront, settings.distributionId, keys, `${execution.name}-${Date.now()}`),
    },
    promoted,
  );
  log("withdrawn", { ...promoted, ...withdrawn });
  return withdrawn;
}
