import { Construct } from "constructs";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Checks what a release is asked for, before anything is started. */
export class Request extends Construct {
  readonly handler: HkdistFunction<"table">;

  constructor(scope: Construct, id: string, { storage }: { storage: Storage }) {
    super(scope, id);
    this.handler = new HkdistFunction(this, "Function", {
      step: "request",
      description: "Checks a release's input against the configuration",
      settings: { table: storage.table.tableName },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [storage.table.tableArn]);
  }
}
