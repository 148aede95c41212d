import { S3Client } from "@aws-sdk/client-s3";
import { log } from "../shared/log.ts";
import type { PatchEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { step } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { makePatch } from "./make-patch.ts";
import { measureRoom } from "./metrics.ts";
import { Stopwatch } from "./stopwatch.ts";

export const SETTINGS = ["table", "artifactsBucket"] as const;

const settings = readSettings(SETTINGS);
const patcher = { table: openTable(settings.table), s3: new S3Client(), bucket: settings.artifactsBucket };

/** Makes one patch. The machine goes on without it when it fails: a client then downloads the full binary. */
export const handler = step(
  "patch",
  ({ cmd, version, pair: { platform }, execution }: PatchEvent) => ({
    cmd,
    version,
    platform,
    execution: execution.name,
  }),
  async (event, context) => {
    const started = Date.now();
    const stopwatch = new Stopwatch();
    const deadline = started + context.getRemainingTimeInMillis();
    const result = await makePatch({ ...patcher, deadline, stopwatch }, event).finally(() =>
      // Of one that fails, too: it may be what took so long.
      log("patch took", stopwatch.milliseconds),
    );
    log("patch", { ...result });
    if (result.outcome !== "none") measureRoom(context, (Date.now() - started) / 1000);
    return result;
  },
);
