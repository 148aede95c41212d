import { ArnFormat, Duration, Stack } from "aws-cdk-lib";
import { Rule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Alerts } from "./alerts.ts";
import { HkdistFunction } from "./hkdist-function.ts";

export interface NotifyProps {
  alerts: Alerts;
  release: StateMachine;
  promotion: StateMachine;
}

/** Tells people, in words, of each execution that has ended: of finished ones by one topic, of failed ones by the other. */
export class Notify extends Construct {
  constructor(scope: Construct, id: string, { alerts, release, promotion }: NotifyProps) {
    super(scope, id);
    const machines = [release, promotion];
    const handler = new HkdistFunction(this, "Function", {
      step: "notify",
      description: "Tells of executions that have ended",
      settings: {
        releaseMachine: release.stateMachineArn,
        alertsTopic: alerts.topic.topicArn,
        releasesTopic: alerts.releases.topicArn,
      },
    });
    handler.allow(
      ["states:DescribeExecution"],
      machines.map((machine) => executionsOf(machine)),
    );
    handler.allow(["sns:Publish"], [alerts.topic.topicArn, alerts.releases.topicArn]);
    new Rule(this, "Ended", {
      description: "An execution of hkdist has ended",
      eventPattern: {
        source: ["aws.states"],
        detailType: ["Step Functions Execution Status Change"],
        detail: {
          stateMachineArn: machines.map((machine) => machine.stateMachineArn),
          status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
        },
      },
      targets: [new LambdaFunction(handler)],
    });

    // Step Functions sends its events as well as it can; its metrics are what can be relied on.
    alerts.alarm(this, "ReleaseFailedAlarm", {
      happened: "A release failed",
      section: "A release failed",
      metric: release.metricFailed({ statistic: "Sum", period: Duration.minutes(5) }),
      threshold: 1,
    });
  }
}

/** The ARN of all executions of a machine. */
export function executionsOf(machine: StateMachine): string {
  return Stack.of(machine).formatArn({
    service: "states",
    resource: "execution",
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    resourceName: `${machine.stateMachineName}:*`,
  });
}
