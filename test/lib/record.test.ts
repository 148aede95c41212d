import { beforeAll, describe, expect, it } from "vitest";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

describe("recording", () => {
  it("is told by S3 of every new object whose key ends in .gz, and of no other", () => {
    expect(aws.properties("StorageArtifacts")["NotificationConfiguration"]).toEqual({
      QueueConfigurations: [
        {
          Event: "s3:ObjectCreated:*",
          Filter: { S3Key: { Rules: [{ Name: "suffix", Value: ".gz" }] } },
          Queue: "RecordQueue.Arn",
        },
      ],
    });
    // S3 tries the queue at once: without its policy the bucket could not be made.
    expect(aws.resource("StorageArtifacts").DependsOn).toEqual(["RecordQueuePolicy"]);
  });

  it("accepts events of this account's buckets only", () => {
    expect(aws.policyOf("RecordQueue").filter(({ Effect }) => Effect === "Allow")).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: "sqs:SendMessage",
        Resource: "RecordQueue.Arn",
        Condition: { StringEquals: { "aws:SourceAccount": "ACCOUNT" } },
      },
    ]);
  });

  it("keeps messages that fail again and again in a dead-letter queue", () => {
    expect(aws.properties("RecordQueue")).toMatchObject({
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: "RecordDeadLetters.Arn", maxReceiveCount: 10 },
    });
    expect(aws.properties("RecordDeadLetters")).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
  });

  it("takes one message a call, and the queue waits for the call's end", () => {
    expect(aws.ofType("AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => Properties)).toEqual([
      {
        BatchSize: 1,
        EventSourceArn: "RecordQueue.Arn",
        FunctionName: "RecordFunction",
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    ]);
    const visibility = Number(aws.properties("RecordQueue")["VisibilityTimeout"]);
    expect(visibility).toBeGreaterThanOrEqual(Number(aws.properties("RecordFunction")["Timeout"]));
    // A message that failed three times is back while `pair` still waits.
    expect(3 * visibility).toBeLessThanOrEqual(300);
  });
});
