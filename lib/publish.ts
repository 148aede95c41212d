import { Construct } from "constructs";
import { CURRENT_PARTITION } from "../lambda/shared/keys.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Makes a recorded version current on all platforms of the release at once. */
export class Publish extends Construct {
  readonly handler: HkdistFunction<"table">;

  constructor(scope: Construct, id: string, { storage: { table } }: { storage: Storage }) {
    super(scope, id);
    this.handler = new HkdistFunction(this, "Function", {
      step: "publish",
      description: "Makes a recorded version current",
      settings: { table: table.tableName },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    this.handler.allow(["dynamodb:PutItem"], [table.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [CURRENT_PARTITION, "history#*"] },
    });
  }
}
