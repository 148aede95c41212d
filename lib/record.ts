import { Duration } from "aws-cdk-lib";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { SqsEventSource } from "aws-cdk-lib/aws-lambda-event-sources";
import { type Bucket, type CfnBucket, EventType } from "aws-cdk-lib/aws-s3";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { ARTIFACTS_PARTITION, REFUSED_PARTITION } from "../lambda/shared/keys.ts";
import type { Alerts } from "./alerts.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import { ofThisAccount } from "./of-this-account.ts";
import { requiresTls, type Stage } from "./stage.ts";
import type { Storage } from "./storage.ts";

/** Stored artifact -> S3 event -> queue -> record function -> table. The queue allows waiting, retrying and replaying. */
export class Record extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;
  readonly recorder: HkdistFunction<"table" | "artifactsBucket" | "largestBinaryBytes">;

  constructor(
    scope: Construct,
    id: string,
    {
      storage,
      largestBinaryBytes,
      stage,
      alerts,
    }: { storage: Storage; largestBinaryBytes: number; stage: Stage; alerts: Alerts },
  ) {
    super(scope, id);
    const queueDefaults = { encryption: QueueEncryption.SQS_MANAGED, enforceSSL: requiresTls(stage) };
    const timeout = Duration.seconds(60);
    this.deadLetters = new Queue(this, "DeadLetters", {
      ...queueDefaults,
      retentionPeriod: Duration.days(14),
    });
    alerts.alarm(this, "DeadLettersAlarm", {
      happened: "The recorder has failed on a stored object again and again",
      section: "An object could not be recorded",
      metric: this.deadLetters.metricApproximateNumberOfMessagesVisible({
        statistic: "Maximum",
        period: Duration.minutes(5),
      }),
      threshold: 1,
    });
    this.queue = new Queue(this, "Queue", {
      ...queueDefaults,
      // Little more than the function's timeout: a failed message must come back while `pair` still waits (5 minutes).
      visibilityTimeout: Duration.seconds(75),
      retentionPeriod: Duration.days(14),
      deadLetterQueue: { maxReceiveCount: 10, queue: this.deadLetters },
    });
    alerts.alarm(this, "OldMessageAlarm", {
      happened: "A stored object has waited two and a half minutes to be recorded",
      section: "Objects wait to be recorded",
      metric: this.queue.metricApproximateAgeOfOldestMessage({
        statistic: "Maximum",
        period: Duration.minutes(5),
      }),
      // SQS counts a message until it was received three times, which is after 225 s; a release waits 300 s for the row.
      // https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html
      threshold: 150,
    });
    this.hearOf(storage.artifacts);

    this.recorder = new HkdistFunction(this, "Function", {
      step: "record",
      description: "Reads stored artifacts back and records what is in them",
      settings: {
        table: storage.table.tableName,
        artifactsBucket: storage.artifacts.bucketName,
        largestBinaryBytes: String(largestBinaryBytes),
      },
      // One processor: it streams, the memory is for what comes with it. At a third of the 161 MB/s that were measured
      // (docs/patch-limits.md) the largest binary that can be configured is read within the time.
      memoryMegabytes: 1769,
      timeout,
    });
    this.recorder.allow(["s3:GetObject", "s3:GetObjectVersion"], [storage.artifacts.arnForObjects("*")]);
    // Without it a missing key is 403 and cannot be told from a missing permission.
    this.recorder.allow(["s3:ListBucket"], [storage.artifacts.bucketArn]);
    this.recorder.allow(["dynamodb:GetItem"], [storage.table.tableArn]);
    this.recorder.allow(["dynamodb:PutItem"], [storage.table.tableArn], {
      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [ARTIFACTS_PARTITION, REFUSED_PARTITION] },
    });
    // One message a call: a call's time limit is for one object.
    this.recorder.addEventSource(
      new SqsEventSource(this.queue, { batchSize: 1, maxConcurrency: 2, reportBatchItemFailures: true }),
    );
  }

  /**
   * Has the bucket tell the queue of each new `.gz`. CDK's own way is a function with a role that may change the notifications
   * of every bucket, for a bucket's name is not known before its queue's policy. So the policy lets in the account's
   * buckets: a message can do no more than have the recorder look at what is stored.
   */
  private hearOf(artifacts: Bucket): void {
    const permission = this.queue.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("s3.amazonaws.com", ofThisAccount(this))],
        actions: ["sqs:SendMessage"],
        resources: [this.queue.queueArn],
      }),
    );
    const bucket = artifacts.node.defaultChild as CfnBucket;
    bucket.notificationConfiguration = {
      queueConfigurations: [
        {
          event: EventType.OBJECT_CREATED,
          queue: this.queue.queueArn,
          filter: { s3Key: { rules: [{ name: "suffix", value: ".gz" }] } },
        },
      ],
    };
    // S3 tries the queue when it is told of it.
    if (permission.policyDependable !== undefined) bucket.node.addDependency(permission.policyDependable);
  }
}
