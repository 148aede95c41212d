import { SFNClient } from "@aws-sdk/client-sfn";
import { PublishCommand, SNSClient } from "@aws-sdk/client-sns";
import type { EventBridgeEvent } from "aws-lambda";
import { about, log } from "../shared/log.ts";
import { readSettings } from "../shared/settings.ts";
import { describeExecution } from "./execution.ts";
import { tell } from "./tell.ts";

export const SETTINGS = ["releaseMachine", "alertsTopic", "releasesTopic"] as const;

const settings = readSettings(SETTINGS);
const sfn = new SFNClient();
const sns = new SNSClient();

type StatusChange = EventBridgeEvent<"Step Functions Execution Status Change", { executionArn: string }>;

/** An execution has ended: says so, in words, to those who want to hear of it. */
export async function handler({ detail: { executionArn } }: StatusChange): Promise<void> {
  const execution = await describeExecution(sfn, executionArn, settings.releaseMachine);
  const { status, machine, asked, output, error } = execution;
  const [region, name] = [executionArn.split(":")[3], executionArn.split(":").at(-1)];
  const page = `https://${region}.console.aws.amazon.com/states/home?region=${region}#/v2/executions/details/`;
  const { subject, text } = tell(execution, `${page}${executionArn}`);
  const TopicArn = status === "SUCCEEDED" ? settings.releasesTopic : settings.alertsTopic;
  await sns.send(new PublishCommand({ TopicArn, Subject: subject, Message: text }));
  const { cmd, version } = { ...asked, ...output };
  about({ ...(cmd && { cmd }), ...(version && { version }), ...(name && { execution: name }) }, () =>
    log("execution ended", { machine, status, error }),
  );
}
