import { PublishCommand, type SNSClient } from "@aws-sdk/client-sns";
import { type Breach, countOf, lineAbout } from "./breach.ts";

/** Breaches that a message names; the log has all. */
const MOST_NAMED = 20;
/** Characters of a breach's line. A message may have 256 KB. */
const LONGEST_LINE = 1000;

/** One message to the alerts' topic: an alarm can count breaches, but not name them. */
export async function announce(sns: SNSClient, TopicArn: string, breaches: readonly Breach[]): Promise<void> {
  const count = countOf(breaches);
  const lines = breaches.slice(0, MOST_NAMED).map((breach) => lineAbout(breach).slice(0, LONGEST_LINE));
  const more = breaches.length - lines.length;
  const Message = [
    `The audit found ${count} of what must always hold. docs/runbook.md has a section for each kind.`,
    "",
    ...lines,
    ...(more > 0 ? [`and ${more} more: the audit's log names them all, as "audit-breach"`] : []),
  ].join("\n");
  await sns.send(new PublishCommand({ TopicArn, Subject: `hkdist: the audit found ${count}`, Message }));
}
