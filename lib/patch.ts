import { Duration } from "aws-cdk-lib";
import { type IMetric, Metric } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { functionFor, LIMIT_SECONDS } from "../lambda/patch/limits.ts";
import { METRICS } from "../lambda/patch/metrics.ts";
import { NAMESPACE } from "../lambda/shared/metric.ts";
import type { Alerts } from "./alerts.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

export interface PatchProps {
  storage: Storage;
  /** Bytes of the largest binary that a patch leads from or to. */
  largestBinaryBytes: number;
  /** Folder of the bsdiff-node package, compiled for where the function runs. */
  bsdiffFolder: string;
  alerts: Alerts;
}

/** Makes, proves, stores and records one patch. */
export class Patch extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket">;

  constructor(
    scope: Construct,
    id: string,
    { storage, largestBinaryBytes, bsdiffFolder, alerts }: PatchProps,
  ) {
    super(scope, id);
    const { table, artifacts } = storage;
    const { megabytes, temporaryMegabytes } = functionFor(largestBinaryBytes);
    this.handler = new HkdistFunction(this, "Function", {
      step: "patch",
      description: "Makes one patch and proves it",
      settings: { table: table.tableName, artifactsBucket: artifacts.bucketName },
      memoryMegabytes: megabytes,
      temporaryMegabytes,
      timeout: Duration.seconds(LIMIT_SECONDS),
      packages: { "bsdiff-node": bsdiffFolder },
    });
    this.handler.allow(["dynamodb:GetItem"], [table.tableArn]);
    this.handler.allow(["dynamodb:PutItem"], [table.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": ["patch#*"] },
    });
    // Full binaries, and patches (`<cmd>/<from>/<to>/<platform>`), which it may also put.
    const patches = artifacts.arnForObjects("*/*/*/*");
    this.handler.allow(["s3:GetObject", "s3:GetObjectVersion"], [artifacts.arnForObjects("*.gz"), patches]);
    this.handler.allow(["s3:PutObject"], [patches]);
    // Without it a missing key is 403 and cannot be told from a missing permission.
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn]);
    this.watchLimits(alerts);
  }

  /** A function that was killed over its memory or time says nothing: so its errors are watched, too. */
  private watchLimits(alerts: Alerts): void {
    const period = Duration.minutes(5);
    const told = new Metric({
      namespace: NAMESPACE,
      metricName: METRICS.limit,
      statistic: "Maximum",
      period,
    });
    const limits: [string, string, IMetric, number][] = [
      ["LimitsAlarm", "A patch took 90 % of its function's memory or time, or needs more", told, 90],
      ["ErrorsAlarm", "A patch failed", this.handler.metricErrors({ statistic: "Sum", period }), 1],
    ];
    for (const [id, happened, metric, threshold] of limits) {
      alerts.alarm(this, id, {
        happened,
        section: "Patches are near the function's limits",
        metric,
        threshold,
      });
    }
  }
}
