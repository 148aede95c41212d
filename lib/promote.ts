import { Construct } from "constructs";
import { CURRENT_PARTITION } from "../lambda/shared/keys.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Makes a recorded version current, withdraws it or undoes that: what people decide, in one write. */
export class Promote extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket">;

  constructor(scope: Construct, id: string, { storage }: { storage: Storage }) {
    super(scope, id);
    const { table, artifacts } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "promote",
      description: "Makes a recorded version current, or withdraws it",
      settings: { table: table.tableName, artifactsBucket: artifacts.bucketName },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    this.handler.allow(["dynamodb:PutItem"], [table.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [CURRENT_PARTITION, "history#*"] },
    });
    // Whether the recorded object is the one that clients get. Without s3:ListBucket a missing one would be 403.
    this.handler.allow(["s3:GetObject"], [artifacts.arnForObjects("*.gz")]);
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn]);
  }
}
