import { S3Client } from "@aws-sdk/client-s3";
import { SNSClient } from "@aws-sdk/client-sns";
import type { Context } from "aws-lambda";
import { log } from "../shared/log.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { announce } from "./announce.ts";
import { BREACH_EVENT, FINISHED_EVENT, SECTIONS } from "./breach.ts";
import { type Audited, shallowAudit } from "./shallow-audit.ts";

export const SETTINGS = ["table", "artifactsBucket", "alertsTopic"] as const;

const settings = readSettings(SETTINGS);
const store = { table: openTable(settings.table), s3: new S3Client(), bucket: settings.artifactsBucket };
const sns = new SNSClient();

/** Milliseconds before the function's end in which it still tells what it found. */
const TELLING_TAKES = 60_000;
/** Breaches in the answer to one who called it by hand. Lambda carries 6 MB. */
const MOST_ANSWERED = 1000;

/** By hand: `{}` does what the schedule does, and the fields are those of `AuditOptions`. */
interface AuditEvent {
  cmd?: unknown;
  settleSeconds?: unknown;
  [more: string]: unknown;
}

/** The audit that needs no download, once a day. A breach is logged, counted and announced. */
export async function handler({ cmd, settleSeconds }: AuditEvent, context: Context): Promise<Audited> {
  const { breaches, counts } = await shallowAudit(store, {
    cmd: typeof cmd === "string" ? cmd : undefined,
    settleSeconds: typeof settleSeconds === "number" ? settleSeconds : undefined,
    until: Date.now() + context.getRemainingTimeInMillis() - TELLING_TAKES,
  });
  for (const breach of breaches) log(BREACH_EVENT, { ...breach, section: SECTIONS[breach.kind] });
  if (breaches.length > 0) await announce(sns, settings.alertsTopic, breaches);
  const isWhole = cmd === undefined && !breaches.some(({ kind }) => kind === "audit-unfinished");
  if (isWhole) log(FINISHED_EVENT, { ...counts, breaches: breaches.length });
  return { breaches: breaches.slice(0, MOST_ANSWERED), counts };
}
