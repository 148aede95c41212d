import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import type { Delivery } from "./delivery.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/**
 * Puts delete markers on a withdrawn version's objects, or takes them off, and has the CDN forget them. Its role is the only
 * one that may delete an artifact or a patch; the handler deletes no version that is not a delete marker.
 */
export class Withdraw extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket" | "distributionId">;

  constructor(scope: Construct, id: string, { storage, delivery }: { storage: Storage; delivery: Delivery }) {
    super(scope, id);
    const { table, artifacts } = storage;
    const { distribution } = delivery;
    this.handler = new HkdistFunction(this, "Function", {
      step: "withdraw",
      description: "Takes a withdrawn version's objects from the public, or gives them back",
      settings: {
        table: table.tableName,
        artifactsBucket: artifacts.bucketName,
        distributionId: distribution.distributionId,
      },
      // Two requests for each of about 1,000 objects, 20 at a time, and up to five rounds of it.
      timeout: Duration.minutes(5),
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    // Full binaries, and patches (`<cmd>/<from>/<to>/<platform>`).
    const objects = [artifacts.arnForObjects("*.gz"), artifacts.arnForObjects("*/*/*/*")];
    this.handler.allow(["s3:GetObject", "s3:DeleteObject", "s3:DeleteObjectVersion"], objects);
    this.handler.allow(["s3:ListBucket", "s3:ListBucketVersions"], [artifacts.bucketArn]);
    this.handler.allow(["cloudfront:CreateInvalidation"], [distribution.distributionArn]);
  }
}
