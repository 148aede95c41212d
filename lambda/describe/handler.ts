import { S3Client } from "@aws-sdk/client-s3";
import { log } from "../shared/log.ts";
import type { Described, DescribeEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { step, subjectOfRelease } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { describeRelease } from "./describe.ts";

export const SETTINGS = ["table", "artifactsBucket", "sourcesBucket", "artifactsUrl"] as const;

const { table, ...settings } = readSettings(SETTINGS);
const describer = { table: openTable(table), s3: new S3Client(), ...settings };

/**
 * Writes the documents that go with a release, before anybody is told of it.
 * @throws BuildReportMissingError, DocumentConflictError
 */
export const handler = step(
  "describe",
  subjectOfRelease,
  async (event: DescribeEvent): Promise<Described> => {
    const described = await describeRelease(describer, event);
    log("described", { ...described });
    return described;
  },
);
