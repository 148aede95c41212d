import { beforeAll, describe, expect, it } from "vitest";
import { BREACH_EVENT, FINISHED_EVENT, SECTIONS } from "../../lambda/audit/breach.ts";
import { METRICS } from "../../lambda/patch/metrics.ts";
import { TOO_LARGE } from "../../lambda/shared/http/serve.ts";
import { anchorOf } from "../../lib/alerts.ts";
import type { Config } from "../../lib/config/schema.ts";
import { fileText } from "../lambda/support.ts";
import { CONFIG, onAws } from "./stages.ts";
import { Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

const alarms = () => aws.ofType("AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
const sectionsOfAlarms = () =>
  alarms().map(({ AlarmDescription }) => /: see docs\/runbook\.md#(.*)$/.exec(String(AlarmDescription))?.[1]);

/** The sections of the runbook, without the first title. */
const HEADINGS = [...fileText("docs/runbook.md").matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);

describe("the runbook", () => {
  it("has a section for each alarm and for each kind of breach, and no other", () => {
    const wanted = new Set([...sectionsOfAlarms(), ...Object.values(SECTIONS).map(anchorOf)]);
    expect(HEADINGS.map((heading) => anchorOf(heading ?? "")).toSorted()).toEqual([...wanted].toSorted());
  });

  it("has in each one what it means, who notices, and what to do", () => {
    const sections = fileText("docs/runbook.md").split(/^## /m).slice(1);
    for (const section of sections) {
      const [title] = section.split("\n");
      expect([title, section]).toEqual([title, expect.stringMatching(/^\*(Alarm|Breach `[a-z-]+`):\*/m)]);
      expect([title, section]).toEqual([title, expect.stringMatching(/^\*Who notices:\*/m)]);
      expect([title, section]).toEqual([title, expect.stringMatching(/^(1\. |```sh$)/m)]);
    }
  });

  it("names each kind of breach in its own section", () => {
    for (const [kind, section] of Object.entries(SECTIONS)) {
      expect(fileText("docs/runbook.md")).toContain(`## ${section}\n\n*Breach \`${kind}\`:*`);
    }
  });
});

describe("alarms", () => {
  it("are as many as every account has for nothing", () => expect(alarms()).toHaveLength(10));

  it("all tell the one topic", () => {
    expect(alarms().map(({ AlarmActions }) => AlarmActions)).toEqual(alarms().map(() => ["AlertsTopic"]));
    expect(aws.ofType("AWS::SNS::Topic").map(([name]) => name)).toEqual(["AlertsTopic", "AlertsReleases"]);
  });

  it("may publish to it, and so may the audit; nobody else is allowed by its policy", () => {
    const allowed = aws.policyOf("AlertsTopic").filter(({ Effect }) => Effect === "Allow");
    expect(allowed).toEqual([
      {
        Sid: "Alarms",
        Effect: "Allow",
        Principal: { Service: "cloudwatch.amazonaws.com" },
        Action: "sns:Publish",
        Resource: "AlertsTopic",
        Condition: {
          ArnLike: { "aws:SourceArn": "arn:aws:cloudwatch:REGION:ACCOUNT:alarm:*" },
          StringEquals: { "aws:SourceAccount": "ACCOUNT" },
        },
      },
    ]);
    // Under AWS's own key for SNS, alarms could not.
    expect(aws.properties("AlertsTopic")).not.toHaveProperty("KmsMasterKeyId");
    expect(aws.allows("AuditFunctionRole", "sns:Publish", "AlertsTopic")).toBe(true);
  });

  it.each([
    ["DirectoryTooLarge", "DirectoryFunctionLog", TOO_LARGE],
    ["AuditBreaches", "AuditFunctionLog", BREACH_EVENT],
    ["AuditFinished", "AuditFunctionLog", FINISHED_EVENT],
  ])("count events as words of a line: %s", (filter, log, event) => {
    const { LogGroupName, FilterPattern, MetricTransformations } = aws.properties(filter);
    expect([LogGroupName, FilterPattern]).toEqual([log, `"${event}"`]);
    expect(MetricTransformations).toEqual([
      { MetricNamespace: "hkdist", MetricName: event, MetricValue: "1" },
    ]);
    expect(alarms()).toContainEqual(expect.objectContaining({ Namespace: "hkdist", MetricName: event }));
  });

  it("ring for one breach, and for two days without an audit that came to its end", () => {
    expect(aws.properties("AuditBreachAlarm")).toMatchObject({
      Statistic: "Sum",
      Period: 86_400,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
    expect(aws.properties("AuditSilenceAlarm")).toMatchObject({
      Statistic: "Sum",
      Period: 86_400,
      EvaluationPeriods: 2,
      Threshold: 1,
      ComparisonOperator: "LessThanThreshold",
      TreatMissingData: "breaching",
    });
  });

  it.each([
    [
      "one dead letter",
      "RecordDeadLettersAlarm",
      {
        Namespace: "AWS/SQS",
        MetricName: "ApproximateNumberOfMessagesVisible",
        Dimensions: [{ Name: "QueueName", Value: "RecordDeadLetters.QueueName" }],
        Statistic: "Maximum",
        Threshold: 1,
      },
    ],
    [
      "an object that waits for half as long as a release does",
      "RecordOldMessageAlarm",
      {
        Namespace: "AWS/SQS",
        MetricName: "ApproximateAgeOfOldestMessage",
        Dimensions: [{ Name: "QueueName", Value: "RecordQueue.QueueName" }],
        Statistic: "Maximum",
        Threshold: 150,
      },
    ],
    [
      "a release that failed",
      "NotifyReleaseFailedAlarm",
      {
        Namespace: "AWS/States",
        MetricName: "ExecutionsFailed",
        Dimensions: [{ Name: "StateMachineArn", Value: "ReleaseMachine" }],
        Statistic: "Sum",
        Threshold: 1,
      },
    ],
    [
      "a patch that took nearly all memory or time",
      "PatchLimitsAlarm",
      { Namespace: "hkdist", MetricName: METRICS.limit, Statistic: "Maximum", Threshold: 90 },
    ],
    [
      "a patch that failed",
      "PatchErrorsAlarm",
      {
        Namespace: "AWS/Lambda",
        MetricName: "Errors",
        Dimensions: [{ Name: "FunctionName", Value: "PatchFunction" }],
        Statistic: "Sum",
        Threshold: 1,
      },
    ],
  ])("ring for %s within five minutes", (_, alarm, properties) => {
    expect(aws.properties(alarm)).toMatchObject({
      ...properties,
      Period: 300,
      EvaluationPeriods: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  });

  it("ring for a directory that fails now and again, however few ask it", () => {
    expect(aws.properties("GatewayErrorsAlarm")).toMatchObject({
      Namespace: "AWS/ApiGateway",
      MetricName: "5xx",
      Dimensions: [{ Name: "ApiId", Value: "GatewayApi" }],
      Statistic: "Sum",
      Threshold: 1,
      Period: 300,
      EvaluationPeriods: 6,
      DatapointsToAlarm: 3,
      TreatMissingData: "notBreaching",
    });
  });

  it("ring for a directory that is slow for a quarter of an hour", () => {
    expect(aws.properties("GatewaySlowAlarm")).toMatchObject({
      MetricName: "Latency",
      Dimensions: [{ Name: "ApiId", Value: "GatewayApi" }],
      ExtendedStatistic: "p90",
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: 2000,
    });
  });
});

describe("mails", () => {
  const subscriptions = (emails: Config["emails"]) =>
    new Template({ ...CONFIG, ...(emails && { emails }) }, { endpointUrl: undefined })
      .ofType("AWS::SNS::Subscription")
      .map(([, { Properties }]) => Properties);

  it("go to nobody unless somebody is named", () => {
    expect(subscriptions(undefined)).toEqual([]);
  });

  it("go to who is named, for each topic", () => {
    const mail = (TopicArn: string, Endpoint: string) => ({ TopicArn, Endpoint, Protocol: "email" });
    expect(subscriptions({ alerts: "ops@example.com" })).toEqual([mail("AlertsTopic", "ops@example.com")]);
    expect(subscriptions({ alerts: "ops@example.com", releases: "team@example.com" })).toEqual([
      mail("AlertsTopic", "ops@example.com"),
      mail("AlertsReleases", "team@example.com"),
    ]);
  });
});

describe("the dashboard", () => {
  const body = () => {
    const { DashboardBody } = aws.properties("DashboardPage");
    return JSON.parse(String(DashboardBody)) as {
      widgets: { type: string; properties: { title: string; alarms?: string[]; metrics?: unknown[][] } }[];
    };
  };

  it("shows every alarm", () => {
    const [first] = body().widgets;
    const names = aws.ofType("AWS::CloudWatch::Alarm").map(([name]) => `${name}.Arn`);
    expect(first?.properties.alarms?.toSorted()).toEqual(names.toSorted());
  });

  it("draws something in each of its pictures", () => {
    for (const { type, properties } of body().widgets.slice(1)) {
      expect([type, properties.title]).toEqual(["metric", expect.stringMatching(/./)]);
      expect([properties.title, properties.metrics?.length]).not.toEqual([properties.title, 0]);
    }
    const drawn = body().widgets.flatMap(({ properties: { metrics = [] } }) =>
      metrics.map(([, name]) => name),
    );
    const { ratio, memory, time } = METRICS;
    expect(drawn).toEqual(expect.arrayContaining([ratio, memory, time]));
  });
});

describe("the message about an execution", () => {
  it("is written for each that ends, of these two machines only", () => {
    expect(aws.properties("NotifyEnded")).toMatchObject({
      EventPattern: {
        source: ["aws.states"],
        "detail-type": ["Step Functions Execution Status Change"],
        detail: {
          stateMachineArn: ["ReleaseMachine", "PromotionMachine"],
          status: ["SUCCEEDED", "FAILED", "TIMED_OUT", "ABORTED"],
        },
      },
      Targets: [{ Arn: "NotifyFunction.Arn" }],
    });
  });
});

describe("the audit", () => {
  it("runs once a day, for as long as a function can", () => {
    expect(aws.properties("AuditDaily")).toMatchObject({
      ScheduleExpression: "rate(1 day)",
      State: "ENABLED",
      Targets: [{ Arn: "AuditFunction.Arn" }],
    });
    expect(aws.properties("AuditFunction")).toMatchObject({ Timeout: 900, MemorySize: 1769 });
  });

  it.each([
    ["s3:PutObject", "StorageArtifacts.Arn/greet/1/linux-amd64.gz"],
    ["s3:DeleteObject", "StorageArtifacts.Arn/greet/1/linux-amd64.gz"],
    ["s3:DeleteObjectVersion", "StorageArtifacts.Arn/greet/1/linux-amd64.gz"],
    ["dynamodb:PutItem", "StorageTable.Arn"],
    ["dynamodb:DeleteItem", "StorageTable.Arn"],
  ])("changes nothing: no %s on %s", (action, resource) => {
    expect(aws.allows("AuditFunctionRole", action, resource)).toBe(false);
  });
});
