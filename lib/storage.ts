import { Duration, RemovalPolicy, Validations } from "aws-cdk-lib";
import { AttributeType, Billing, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { AnyPrincipal, Effect, PolicyStatement } from "aws-cdk-lib/aws-iam";
import { BlockPublicAccess, Bucket, BucketEncryption, ObjectOwnership } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { requiresTls, type Stage } from "./stage.ts";

/** What lasts: the table, and the two buckets. None of it is deleted with the stack. */
export class Storage extends Construct {
  readonly table: TableV2;
  /** Full binaries and patches under the protocol's keys: what clients download. */
  readonly artifacts: Bucket;
  /** What goes with artifacts. None of these ends in .gz: the recorder hears nothing of them. */
  readonly documentArns: string[];
  /** Source archives, build plans and reports: private, and forgotten after a while. */
  readonly sources: Bucket;

  constructor(scope: Construct, id: string, { stage }: { stage: Stage }) {
    super(scope, id);
    this.table = new TableV2(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billing: Billing.onDemand(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });

    const bucketDefaults = {
      blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
      encryption: BucketEncryption.S3_MANAGED,
      objectOwnership: ObjectOwnership.BUCKET_OWNER_ENFORCED,
      enforceSSL: requiresTls(stage),
      removalPolicy: RemovalPolicy.RETAIN,
    };
    this.artifacts = new Bucket(this, "Artifacts", { ...bucketDefaults, versioned: true });
    this.documentArns = ["*/*/*.cdx.json", "*/*/provenance.json", "*/*/*.provenance.json"].map((pattern) =>
      this.artifacts.arnForObjects(pattern),
    );
    // Nobody stores over a taken name: a put must say "only if absent". The parts of a multipart upload carry no
    // such header, its completion does, so only the requests that create an object are held to it.
    this.artifacts.addToResourcePolicy(
      new PolicyStatement({
        sid: "WriteOnce",
        effect: Effect.DENY,
        principals: [new AnyPrincipal()],
        actions: ["s3:PutObject"],
        resources: [this.artifacts.arnForObjects("*")],
        conditions: {
          Null: { "s3:if-none-match": "true" },
          Bool: { "s3:ObjectCreationOperation": "true" },
        },
      }),
    );
    this.sources = new Bucket(this, "Sources", {
      ...bucketDefaults,
      lifecycleRules: [
        { expiration: Duration.days(90), abortIncompleteMultipartUploadAfter: Duration.days(7) },
      ],
    });
    for (const bucket of [this.artifacts, this.sources]) {
      Validations.of(bucket).acknowledge({
        id: "AwsSolutions-S1",
        reason:
          "Nobody reaches it but CloudFront and the stack's own roles, and every artifact and patch has its row. " +
          "Who wants each request logged turns on CloudTrail's data events for the account.",
      });
    }
  }
}
