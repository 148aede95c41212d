import { Stack } from "aws-cdk-lib";
import { Alarm, type AlarmProps, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { FilterPattern, type ILogGroup, MetricFilter } from "aws-cdk-lib/aws-logs";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import { NAMESPACE } from "../lambda/shared/metric.ts";
import type { CompleteConfig } from "./config/schema.ts";
import { requiresTls, type Stage } from "./stage.ts";

export interface AlertsProps {
  stage: Stage;
  emails: CompleteConfig["emails"];
}

export interface RunbookAlarmProps extends Omit<AlarmProps, "alarmDescription" | "evaluationPeriods"> {
  /** 1 by default. */
  evaluationPeriods?: number;
  /** What has happened, as a sentence without its full stop. */
  happened: string;
  /** The heading in docs/runbook.md that says what to do. */
  section: string;
}

/**
 * Two topics: one for everything that somebody has to look at (alarms, the audit's messages, executions that failed), one for
 * releases and promotions that are done.
 */
export class Alerts extends Construct {
  readonly topic: Topic;
  readonly releases: Topic;
  readonly alarms: Alarm[] = [];

  constructor(scope: Construct, id: string, { stage, emails }: AlertsProps) {
    super(scope, id);
    // Not encrypted by a key: SNS keeps messages on encrypted disks anyway, alarms cannot publish under AWS's own key for SNS,
    // whose policy does not know CloudWatch, and a key of our own costs a dollar a month and more, for messages that name
    // commands, versions and errors of builds. https://docs.aws.amazon.com/sns/latest/dg/sns-data-encryption.html
    const enforceSSL = requiresTls(stage);
    this.topic = new Topic(this, "Topic", { displayName: "hkdist", enforceSSL });
    this.releases = new Topic(this, "Releases", { displayName: "hkdist", enforceSSL });
    if (emails?.alerts) this.topic.addSubscription(new EmailSubscription(emails.alerts));
    if (emails?.releases) this.releases.addSubscription(new EmailSubscription(emails.releases));
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

  /** An alarm that publishes to the topic and links its section of the runbook. */
  alarm(scope: Construct, id: string, { happened, section, ...props }: RunbookAlarmProps): Alarm {
    const alarmDescription = `${happened}: see docs/runbook.md#${anchorOf(section)}`;
    const alarm = new Alarm(scope, id, {
      evaluationPeriods: 1,
      // No news is good news, but where an alarm says otherwise.
      treatMissingData: TreatMissingData.NOT_BREACHING,
      ...props,
      alarmDescription,
    });
    alarm.addAlarmAction(new SnsAction(this.topic));
    this.alarms.push(alarm);
    return alarm;
  }
}

/** Where renderers of Markdown put a heading. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, "")
    .replaceAll(" ", "-");
}

/** A metric `hkdist/<event>` that counts the log lines of an event. */
export function countEvents(scope: Construct, id: string, logGroup: ILogGroup, event: string): MetricFilter {
  return new MetricFilter(scope, id, {
    logGroup,
    // As a word: it is found in whatever form Lambda writes the line.
    filterPattern: FilterPattern.literal(`"${event}"`),
    metricNamespace: NAMESPACE,
    metricName: event,
  });
}
