import { Construct } from "constructs";
import { SOURCES_PREFIX } from "../lambda/shared/keys.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Waits until every artifact has the row that the builds' reports promise, and picks the bases of its patches. */
export class Pair extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket" | "sourcesBucket" | "patchBases">;

  constructor(
    scope: Construct,
    id: string,
    { storage, patchBases }: { storage: Storage; patchBases: number },
  ) {
    super(scope, id);
    const { table, artifacts, sources } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "pair",
      description: "Waits until a release's artifacts are recorded as they were built",
      settings: {
        table: table.tableName,
        artifactsBucket: artifacts.bucketName,
        sourcesBucket: sources.bucketName,
        patchBases: String(patchBases),
      },
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    this.handler.allow(
      ["s3:GetObject"],
      [artifacts.arnForObjects("*.gz"), sources.arnForObjects(`${SOURCES_PREFIX.reports}/*`)],
    );
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn, sources.bucketArn]);
  }
}
