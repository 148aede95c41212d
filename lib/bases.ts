import { Construct } from "constructs";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Chooses the patches that go with a promotion or a yank. */
export class Bases extends Construct {
  readonly handler: HkdistFunction<"table" | "patchBases">;

  constructor(
    scope: Construct,
    id: string,
    { storage: { table }, patchBases }: { storage: Storage; patchBases: number },
  ) {
    super(scope, id);
    this.handler = new HkdistFunction(this, "Function", {
      step: "bases",
      description: "Chooses the patches that go with a promotion or a yank",
      settings: { table: table.tableName, patchBases: String(patchBases) },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
  }
}
