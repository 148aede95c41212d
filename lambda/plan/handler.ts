import { S3Client } from "@aws-sdk/client-s3";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { artifactsOfVersion, isFrom } from "../shared/artifacts.ts";
import { MovedTagError } from "../shared/errors.ts";
import { artifactObjectKey } from "../shared/keys.ts";
import { learned, log } from "../shared/log.ts";
import { newestVersionId, writeText } from "../shared/objects.ts";
import type { Plan, PlanEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { getSource, putSource } from "../shared/sources.ts";
import { step } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { refuseYanked } from "../shared/yanked.ts";
import { planBatches } from "./batches.ts";
import { describable } from "./describable.ts";
import { readOutcome } from "./outcome.ts";
import { settleSource } from "./settle-source.ts";

export const SETTINGS = [
  "table",
  "artifactsBucket",
  "sourcesBucket",
  "recordQueueUrl",
  "buildConcurrency",
] as const;

const settings = readSettings(SETTINGS);
const table = openTable(settings.table);
const s3 = new S3Client();
const sqs = new SQSClient();

/** Settles which source the release is made from and finds out which platforms still have to be built. */
export const handler = step(
  "plan",
  ({ request: { cmd }, execution }: PlanEvent) => ({ cmd, execution: execution.name }),
  plan,
);

async function plan({ request, execution, exported }: PlanEvent): Promise<Plan> {
  const { cmd } = request;
  const found = readOutcome(cmd, exported);
  const { version } = found.source;
  learned({ version });
  await refuseYanked(table, cmd, version);

  const source = settleSource(found, await getSource(table, cmd, version));
  if (!(await putSource(table, source))) {
    throw new MovedTagError(
      `${source.tag} became known meanwhile by another release of it, with other facts: start this one again`,
    );
  }

  const recorded = await artifactsOfVersion(table, cmd, version);
  const told = await describable({ s3, ...settings }, [...recorded.values()]);
  const missing: string[] = [];
  for (const platform of request.platforms) {
    const artifact = recorded.get(platform);
    if (artifact !== undefined && isFrom(artifact, source) && told.has(artifact)) continue;
    const key = artifactObjectKey({ cmd, version, platform });
    const s3VersionId = await newestVersionId(s3, settings.artifactsBucket, key);
    // What somebody stored under this name before the tag was first released is built as well: the build finds the name
    // taken, and its bytes are held against the recorded ones.
    if (s3VersionId === undefined || artifact !== undefined) missing.push(platform);
    else await recordAgain(key, s3VersionId);
  }

  const batches = planBatches(source, missing, execution.name, Number(settings.buildConcurrency));
  for (const { planKey, text } of batches) await writeText(s3, settings.sourcesBucket, planKey, text);
  log("planned", { commit: source.commit, recorded: [...recorded.keys()], build: missing });
  return { version, batches: batches.map(({ planKey, reportKey }) => ({ planKey, reportKey })) };
}

/** The object is stored but has no row: its event is late or was lost, so the recorder is asked by another one. */
async function recordAgain(key: string, s3VersionId: string): Promise<void> {
  const MessageBody = JSON.stringify({ key, s3VersionId });
  await sqs.send(new SendMessageCommand({ QueueUrl: settings.recordQueueUrl, MessageBody }));
  log("asked to record", { key, s3VersionId });
}
