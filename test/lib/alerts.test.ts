import { beforeAll, describe, expect, it } from "vitest";
import { BREACH_EVENT, FINISHED_EVENT, SECTIONS } from "../../lambda/audit/breach.ts";
import { TOO_LARGE } from "../../lambda/shared/http/serve.ts";
import { fileText } from "../lambda/support.ts";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

const alarms = () => aws.ofType("AWS::CloudWatch::Alarm").map(([, { Properties }]) => Properties);
const sectionsOfAlarms = () =>
  alarms().map(({ AlarmDescription }) => /docs\/runbook\.md, '(.*)'$/.exec(String(AlarmDescription))?.[1]);

/** The sections of the runbook, without the first title. */
const HEADINGS = [...fileText("docs/runbook.md").matchAll(/^## (.*)$/gm)].map(([, heading]) => heading);

describe("the runbook", () => {
  it("has a section for each alarm and for each kind of breach, and no other", () => {
    const wanted = [...sectionsOfAlarms(), ...Object.values(SECTIONS)];
    expect(HEADINGS.toSorted()).toEqual(wanted.toSorted());
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
  it("all tell the one topic", () => {
    expect(alarms().map(({ AlarmActions }) => AlarmActions)).toEqual(alarms().map(() => ["AlertsTopic"]));
    expect(aws.ofType("AWS::SNS::Topic").map(([name]) => name)).toEqual(["AlertsTopic"]);
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

  it("ring for one dead letter", () => {
    expect(aws.properties("RecordDeadLettersAlarm")).toMatchObject({
      Namespace: "AWS/SQS",
      MetricName: "ApproximateNumberOfMessagesVisible",
      Dimensions: [{ Name: "QueueName", Value: "RecordDeadLetters.QueueName" }],
      Statistic: "Maximum",
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanOrEqualToThreshold",
      TreatMissingData: "notBreaching",
    });
  });
});

describe("the audit", () => {
  it("runs once a day, for as long as a function can", () => {
    const [[, rule] = [], ...others] = aws.ofType("AWS::Events::Rule");
    expect(others).toEqual([]);
    expect(rule?.Properties).toMatchObject({
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
