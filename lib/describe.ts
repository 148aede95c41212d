import { Duration } from "aws-cdk-lib";
import { Construct } from "constructs";
import { SOURCES_PREFIX } from "../lambda/shared/keys.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

/** Writes what goes with a release's artifacts: bills of materials, and a statement about how they were made. */
export class Describe extends Construct {
  readonly handler: HkdistFunction<"table" | "artifactsBucket" | "sourcesBucket" | "artifactsUrl">;

  constructor(
    scope: Construct,
    id: string,
    { storage, artifactsUrl }: { storage: Storage; artifactsUrl: string },
  ) {
    super(scope, id);
    const { table, artifacts, sources } = storage;
    this.handler = new HkdistFunction(this, "Function", {
      step: "describe",
      description: "Writes a release's bills of materials and provenance",
      settings: {
        table: table.tableName,
        artifactsBucket: artifacts.bucketName,
        sourcesBucket: sources.bucketName,
        artifactsUrl,
      },
      timeout: Duration.minutes(2),
      // The CycloneDX library's way to write XML.
      unused: ["xmlbuilder2"],
    });
    this.handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]);
    this.handler.allow(["s3:GetObject", "s3:PutObject"], storage.documentArns);
    this.handler.allow(
      ["s3:GetObject"],
      [SOURCES_PREFIX.plans, SOURCES_PREFIX.reports].map((prefix) => sources.arnForObjects(`${prefix}/*`)),
    );
    // To find the reports; and without it a missing document is 403 and cannot be told from a missing permission.
    this.handler.allow(["s3:ListBucket"], [artifacts.bucketArn, sources.bucketArn]);
  }
}
