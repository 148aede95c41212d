import { Construct } from "constructs";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Checks what a release is asked for, before anything is started. */
export class Request extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket">;

  constructor(scope: Construct, id: string, { storage }: { storage: Storage }) {
    super(scope, id);
    const { table, artifacts } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "request",
      description: "Checks a release's input against the configuration",
      settings: { table: table.tableName, artifactsBucket: artifacts.bucketName },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    // HeadObject is s3:GetObject; without s3:ListBucket a missing document would be 403 instead of 404.
    this.handler.allow(["s3:GetObject"], storage.documentArns);
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn]);
  }
}
