import { Duration } from "aws-cdk-lib";
import { ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction } from "aws-cdk-lib/aws-events-targets";
import { Construct } from "constructs";
import { BREACH_EVENT, FINISHED_EVENT } from "../lambda/audit/breach.ts";
import { type Alerts, countEvents } from "./alerts.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Once a day: do table and artifacts bucket still say the same? (`npx hkdist audit --deep` looks into the bytes.) */
export class Audit extends Construct {
  constructor(scope: Construct, id: string, { storage, alerts }: { storage: Storage; alerts: Alerts }) {
    super(scope, id);
    const { table, artifacts } = storage;
    const handler = new HkdistFunction(this, "Function", {
      step: "audit",
      description: "Holds rows and stored objects against each other",
      settings: {
        table: table.tableName,
        artifactsBucket: artifacts.bucketName,
        alertsTopic: alerts.topic.topicArn,
      },
      // It keeps all rows and the whole list of objects.
      memoryMegabytes: 1769,
      timeout: Duration.minutes(15),
    });
    handler.allow(["dynamodb:Query"], [table.tableArn]);
    handler.allow(["s3:ListBucket", "s3:ListBucketVersions"], [artifacts.bucketArn]);
    // For the checksums; S3 has no permission for metadata alone.
    handler.allow(["s3:GetObjectVersion"], [artifacts.arnForObjects("*")]);
    handler.allow(["sns:Publish"], [alerts.topic.topicArn]);
    new Rule(this, "Daily", {
      description: "Starts the audit",
      schedule: Schedule.rate(Duration.days(1)),
      targets: [new LambdaFunction(handler)],
    });

    const day = { statistic: "Sum", period: Duration.days(1) };
    alerts.alarm(this, "BreachAlarm", {
      happened: "The audit found a breach of what must always hold; its own message names it",
      section: "The audit found a breach",
      metric: countEvents(this, "Breaches", handler.logGroup, BREACH_EVENT).metric(day),
      threshold: 1,
    });
    alerts.alarm(this, "SilenceAlarm", {
      happened: "No audit has come to its end for two days",
      section: "The audit has not finished for two days",
      metric: countEvents(this, "Finished", handler.logGroup, FINISHED_EVENT).metric(day),
      threshold: 1,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      evaluationPeriods: 2,
      treatMissingData: TreatMissingData.BREACHING,
    });
  }
}
