import { beforeAll, describe, expect, it } from "vitest";
import { BUCKETS, onAws, onLocal } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
let local: Template;
beforeAll(() => {
  aws = onAws();
  local = onLocal();
});

describe("the table", () => {
  it("is on demand, keyed by pk and sk, backed up, and never deleted", () => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = aws.resource("StorageTable");
    expect(Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      Replicas: [
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });
});

describe("buckets", () => {
  it("are these two", () => {
    expect(aws.ofType("AWS::S3::Bucket").map(([name]) => name)).toEqual(BUCKETS);
  });

  it.each(BUCKETS)("%s is encrypted, closed to the public, without ACLs, and never deleted", (bucket) => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = aws.resource(bucket);
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });

  it("are open to nobody but CloudFront, and only for this distribution to read artifacts", () => {
    const allowed = BUCKETS.flatMap((bucket) => aws.policyOf(bucket)).filter(
      ({ Effect }) => Effect === "Allow",
    );
    expect(allowed).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: "StorageArtifacts.Arn/*",
        Condition: {
          StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront::ACCOUNT:distribution/DeliveryDistribution" },
        },
      },
    ]);
  });

  it("keep every version of an artifact for ever", () => {
    const { VersioningConfiguration, LifecycleConfiguration } = aws.properties("StorageArtifacts");
    expect(VersioningConfiguration).toEqual({ Status: "Enabled" });
    expect(LifecycleConfiguration).toBeUndefined();
  });

  it("forget sources, plans and reports after 90 days", () => {
    expect(aws.properties("StorageSources")["LifecycleConfiguration"]).toEqual({
      Rules: [
        {
          Status: "Enabled",
          ExpirationInDays: 90,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    });
  });

  it("refuse everybody's put of an artifact that does not say `only if absent`", () => {
    for (const template of [aws, local]) {
      expect(template.policyOf("StorageArtifacts")).toContainEqual({
        Sid: "WriteOnce",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "s3:PutObject",
        Resource: "StorageArtifacts.Arn/*",
        Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
      });
    }
  });
});
