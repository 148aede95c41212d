import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import { SOURCES_PREFIX } from "../lambda/shared/keys.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Record } from "./record.ts";
import type { Storage } from "./storage.ts";

/** Settles the source of a version and decides what is left to build. */
export class Plan extends Construct {
  readonly handler: HkdistFunction<
    "table" | "artifactsBucket" | "sourcesBucket" | "recordQueueUrl" | "buildConcurrency"
  >;

  constructor(
    scope: Construct,
    id: string,
    { storage, record, buildConcurrency }: { storage: Storage; record: Record; buildConcurrency: number },
  ) {
    super(scope, id);
    const { table, artifacts, sources } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "plan",
      description: "Settles a release's source and what is left to build",
      settings: {
        table: table.tableName,
        artifactsBucket: artifacts.bucketName,
        sourcesBucket: sources.bucketName,
        recordQueueUrl: record.queue.queueUrl,
        buildConcurrency: String(buildConcurrency),
      },
      timeout: Duration.minutes(1),
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    this.handler.allow(["dynamodb:PutItem"], [table.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["source#*"] },
    });
    // HeadObject is s3:GetObject; without s3:ListBucket a missing key would be 403 instead of 404.
    this.handler.allow(
      ["s3:GetObject"],
      [
        artifacts.arnForObjects("*.gz"),
        ...storage.documentArns,
        sources.arnForObjects(`${SOURCES_PREFIX.plans}/*`),
        sources.arnForObjects(`${SOURCES_PREFIX.reports}/*`),
      ],
    );
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn, sources.bucketArn]);
    this.handler.allow(["s3:PutObject"], [sources.arnForObjects(`${SOURCES_PREFIX.plans}/*`)]);
    this.handler.allow(["sqs:SendMessage"], [record.queue.queueArn]);
  }
}
