import { beforeAll, describe, expect, it } from "vitest";
import { onAws, onLocal } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
let local: Template;
beforeAll(() => {
  aws = onAws();
  local = onLocal();
});

describe("delivery", () => {
  const behavior = (template: Template) =>
    (template.properties("DeliveryDistribution")["DistributionConfig"] as Record<string, unknown>)[
      "DefaultCacheBehavior"
    ];

  it("never compresses, which would add Content-Encoding", () => {
    for (const template of [aws, local]) expect(behavior(template)).toMatchObject({ Compress: false });
  });

  it("is by HTTPS only on AWS, and by both on the local AWS", () => {
    expect(behavior(aws)).toMatchObject({ ViewerProtocolPolicy: "https-only" });
    expect(behavior(local)).toMatchObject({ ViewerProtocolPolicy: "allow-all" });
  });

  it("reads the artifacts bucket under its own signature", () => {
    expect(aws.properties("DeliveryDistribution")["DistributionConfig"]).toMatchObject({
      Enabled: true,
      Origins: [{ DomainName: "StorageArtifacts.RegionalDomainName" }],
    });
    expect(Object.values(aws.resources)).toContainEqual(
      expect.objectContaining({
        Type: "AWS::CloudFront::OriginAccessControl",
        Properties: {
          OriginAccessControlConfig: expect.objectContaining({
            SigningBehavior: "always",
            SigningProtocol: "sigv4",
          }),
        },
      }),
    );
  });
});
