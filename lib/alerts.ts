import { Stack } from "aws-cdk-lib";
import { Alarm, type AlarmProps } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { Construct } from "constructs";
import { requiresTls, type Stage } from "./stage.ts";

export interface RunbookAlarmProps extends Omit<AlarmProps, "alarmDescription"> {
  /** What has happened, as a sentence without its full stop. */
  happened: string;
  /** The heading in docs/runbook.md that says what to do. */
  section: string;
}

/** One topic for everything that somebody has to look at: who subscribes gets all alarms and the audit's messages. */
export class Alerts extends Construct {
  readonly topic: Topic;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", {
      displayName: "hkdist",
      // Not encrypted by a key: alarms cannot publish to a topic under AWS's own key for SNS, whose policy does not know
      // CloudWatch, and a key of our own costs more than all the rest. Messages name keys and versions, which are public.
      enforceSSL: requiresTls(stage),
    });
    // A topic's policy replaces the one that lets the whole account publish, CloudWatch with it.
    const { account, partition, region } = Stack.of(this);
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        sid: "Alarms",
        effect: Effect.ALLOW,
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: {
          ArnLike: { "aws:SourceArn": `arn:${partition}:cloudwatch:${region}:${account}:alarm:*` },
          StringEquals: { "aws:SourceAccount": account },
        },
      }),
    );
  }

  /** An alarm that publishes to the topic and names its section of the runbook. */
  alarm(scope: Construct, id: string, { happened, section, ...props }: RunbookAlarmProps): Alarm {
    const alarmDescription = `${happened}: see docs/runbook.md, '${section}'`;
    const alarm = new Alarm(scope, id, { ...props, alarmDescription });
    alarm.addAlarmAction(new SnsAction(this.topic));
    return alarm;
  }
}

/** A metric `hkdist/<event>` that counts the log lines of an event. */
export function countEvents(scope: Construct, id: string, logGroup: ILogGroup, event: string): MetricFilter {
  return new MetricFilter(scope, id, {
    logGroup,
    // As a word: Lambda writes time, request and level before our JSON, so it is no JSON to CloudWatch.
    filterPattern: FilterPattern.literal(`"${event}"`),
    metricNamespace: "hkdist",
    metricName: event,
  });
}
