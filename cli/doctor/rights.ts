import { CloudWatchClient, DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { ListBuildsForProjectCommand } from "@aws-sdk/client-codebuild";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { GetTopicAttributesCommand, SNSClient } from "@aws-sdk/client-sns";
import { allCurrent } from "../../lambda/shared/current.ts";
import { deployedConfiguration } from "../deployment/definition.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { explain } from "../deployment/trouble.ts";
import { count } from "../view/format.ts";
import { type Finding, failed, ok, skipped, warning } from "./check.ts";

/** Whether what the command reads can be read, each asked for once; and what is found there that an operator should know. */
export async function checkRights(deployment: Deployment): Promise<Finding[]> {
  const { steps, s3, bucket, codebuild, table, stack, settings } = deployment;
  const cloudwatch = new CloudWatchClient(settings);
  const sns = new SNSClient(settings);
  const executionsOf = async (stateMachineArn: string) => {
    const { executions = [] } = await steps.send(
      new ListExecutionsCommand({ stateMachineArn, statusFilter: "RUNNING" }),
    );
    return `${executions.length} running`;
  };
  const looks: [string, () => Promise<string | Finding>][] = [
    ["table", async () => `${count((await allCurrent(table)).length, "command")} with a current version`],
    ["release machine", () => executionsOf(deployment.releaseMachineArn)],
    ["promote machine", () => executionsOf(deployment.promoteMachineArn)],
    ["commands", async () => Object.keys((await deployedConfiguration(deployment)).commands).join(", ")],
    [
      "artifacts bucket",
      async () => {
        await s3.send(new ListObjectVersionsCommand({ Bucket: bucket, MaxKeys: 1 }));
        return bucket;
      },
    ],
    [
      "builds",
      async () => {
        const [any] = Object.values((await deployedConfiguration(deployment)).commands);
        if (any === undefined) return skipped("builds", "no command is configured");
        await codebuild.send(new ListBuildsForProjectCommand({ projectName: any.sourceProject }));
        return "can be looked at";
      },
    ],
    [
      "alarms",
      async () => {
        const { MetricAlarms = [] } = await cloudwatch.send(
          new DescribeAlarmsCommand({ AlarmNamePrefix: `${stack}-`, MaxRecords: 100 }),
        );
        const ringing = MetricAlarms.filter(({ StateValue }) => StateValue === "ALARM");
        if (ringing.length === 0) return `none of ${MetricAlarms.length} rings`;
        const told = ringing.map(({ AlarmDescription, AlarmName }) => AlarmDescription ?? AlarmName);
        return warning("alarms", told.join("; "), "docs/runbook.md has a section for each");
      },
    ],
    [
      "alerts topic",
      async () => {
        const { Attributes = {} } = await sns.send(
          new GetTopicAttributesCommand({ TopicArn: deployment.alertsTopicArn }),
        );
        const confirmed = Number(Attributes["SubscriptionsConfirmed"] ?? 0);
        if (confirmed > 0) return `${confirmed} subscribed`;
        const subscribe = `aws sns subscribe --topic-arn ${deployment.alertsTopicArn} --protocol email --notification-endpoint <address>`;
        return warning("alerts topic", "nobody hears when something fails", subscribe);
      },
    ],
  ];
  return Promise.all(looks.map(([name, look]) => find(name, look, deployment)));
}

async function find(
  name: string,
  look: () => Promise<string | Finding>,
  deployment: Deployment,
): Promise<Finding> {
  try {
    const found = await look();
    return typeof found === "string" ? ok(name, found) : found;
  } catch (error) {
    const { kind, message, next } = explain(error, deployment);
    const policy = "attach the stack's LookPolicyArn (docs/operators.md)";
    return failed(name, message, kind === "NotAllowed" ? policy : next);
  }
}
