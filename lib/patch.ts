import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

export interface PatchProps {
  storage: Storage;
  memoryMegabytes: number;
  /** Folder of the bsdiff-node package, compiled for where the function runs. */
  bsdiffFolder: string;
}

/** Makes, proves, stores and records one patch. */
export class Patch extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket">;

  constructor(scope: Construct, id: string, { storage, memoryMegabytes, bsdiffFolder }: PatchProps) {
    super(scope, id);
    const { table, artifacts } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "patch",
      description: "Makes one patch and proves it",
      settings: { table: table.tableName, artifactsBucket: artifacts.bucketName },
      memoryMegabytes,
      // Base, target, patch, and what the patch makes of the base; memory allows a base of a 17th of it.
      temporaryMegabytes: Math.min(Math.max(Math.ceil((memoryMegabytes * 4) / 17), 512), 10_240),
      timeout: Duration.minutes(15),
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
  }
}
