import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, ENDPOINT, onAws, onLocal } from "./stages.ts";
import { Template } from "./template.ts";

const DOMAIN = {
  name: "get.example.com",
  certificate: "arn:aws:acm:us-east-1:123456789012:certificate/12345678-aaaa",
};
const withDomain = (endpointUrl?: string) => new Template({ ...CONFIG, domain: DOMAIN }, { endpointUrl });

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

  it("tells browsers to stay with HTTPS, and to make no page of what is stored", () => {
    expect(behavior(aws)).toMatchObject({ ResponseHeadersPolicyId: "DeliveryForBytes" });
    expect(aws.properties("DeliveryForBytes")).toMatchObject({
      ResponseHeadersPolicyConfig: {
        SecurityHeadersConfig: {
          ContentSecurityPolicy: { ContentSecurityPolicy: "default-src 'none'; sandbox", Override: true },
          ContentTypeOptions: { Override: true },
          StrictTransportSecurity: { AccessControlMaxAgeSec: 365 * 86_400, Override: true },
        },
      },
    });
  });

  it("keeps no answer that a server failed to give", () => {
    const { CustomErrorResponses } = aws.properties("DeliveryDistribution")["DistributionConfig"] as {
      CustomErrorResponses: unknown;
    };
    expect(CustomErrorResponses).toEqual(
      [500, 502, 503, 504].map((ErrorCode) => ({ ErrorCode, ErrorCachingMinTTL: 0 })),
    );
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

describe("a domain of one's own", () => {
  interface Behavior {
    PathPattern?: string;
    TargetOriginId: string;
    CachePolicyId: string;
    OriginRequestPolicyId?: string;
    ViewerProtocolPolicy: string;
    Compress: boolean;
    AllowedMethods?: string[];
  }
  interface Distribution {
    Aliases: string[];
    ViewerCertificate: Record<string, string>;
    HttpVersion: string;
    DefaultCacheBehavior: Behavior;
    CacheBehaviors: Behavior[];
    Origins: {
      Id: string;
      DomainName: string;
      OriginPath?: string;
      CustomOriginConfig?: Record<string, unknown>;
      S3OriginConfig?: unknown;
    }[];
  }
  let own: Template;
  let distribution: Distribution;
  beforeAll(() => {
    own = withDomain();
    distribution = own.properties("DeliveryDistribution")["DistributionConfig"] as Distribution;
  });

  it("is what clients are built with and told, and PUT stays with the gateway", () => {
    const url = "https://get.example.com/";
    expect(own.outputs).toMatchObject({
      DirectoryUrl: url,
      ArtifactsUrl: url,
      ApiUrl: "GatewayApi.ApiEndpoint/",
      DistributionDomain: "DeliveryDistribution.DomainName",
    });
    const variables = JSON.stringify(own.properties("BuildgreetProject")["Environment"]);
    expect(variables.split(`"${url}"`)).toHaveLength(3);
  });

  it("keeps the names that it had before", () => {
    const domain = { ...DOMAIN, formerNames: ["old.example.com", "older.example.com"] };
    const template = new Template({ ...CONFIG, domain }, { endpointUrl: undefined });
    const { Aliases } = template.properties("DeliveryDistribution")["DistributionConfig"] as Distribution;
    expect(Aliases).toEqual(["get.example.com", "old.example.com", "older.example.com"]);
    expect(template.outputs["DirectoryUrl"]).toBe("https://get.example.com/");
  });

  it("has its certificate, and TLS 1.2 or newer", () => {
    expect(distribution.Aliases).toEqual(["get.example.com"]);
    expect(distribution.ViewerCertificate).toEqual({
      AcmCertificateArn: DOMAIN.certificate,
      MinimumProtocolVersion: "TLSv1.2_2021",
      SslSupportMethod: "sni-only",
    });
    expect(distribution.HttpVersion).toBe("http2and3");
  });

  /** As CloudFront chooses: the first pattern that matches, in which `*` is any text. */
  function behaviorOf(path: string): Behavior {
    const matches = ({ PathPattern = "" }: Behavior) =>
      new RegExp(
        `^${PathPattern.replace(/^(?!\/)/, "/")
          .replaceAll(".", "\\.")
          .replaceAll("*", ".*")}$`,
      ).test(path);
    return distribution.CacheBehaviors.find(matches) ?? distribution.DefaultCacheBehavior;
  }
  const NO_CACHE = "4135ea2d-6df8-44a3-9df3-4b5a84be39ad";
  const UNCOMPRESSED = "b2884449-e4de-46a7-ac36-70bc7f1ddd6d";
  const ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac";

  it.each([
    ["/", "directory", "DeliveryForMoments"],
    ["/greet.sh", "directory", "DeliveryForMoments"],
    ["/greet.ps1", "directory", "DeliveryForMoments"],
    ["/greet", "directory", NO_CACHE],
    ["/greet.gz", "directory", NO_CACHE],
    ["/release.json", "directory", "DeliveryForMoments"],
    ["/greet/current/linux-amd64.json", "directory", "DeliveryForMoments"],
    ["/greet/linux-amd64.json", "directory", "DeliveryForMoments"],
    ["/greet/20260131.1/linux-amd64.json", "directory", "DeliveryForMoments"],
    ["/greet/20260131.1/linux-amd64.gz", "bucket", UNCOMPRESSED],
    ["/greet/20260101/20260131.1/linux-amd64", "bucket", UNCOMPRESSED],
    ["/greet/20260131.1/linux-amd64.cdx.json", "bucket", UNCOMPRESSED],
    ["/greet/20260131.1/provenance.json", "bucket", UNCOMPRESSED],
    ["/greet/20260131.1/linux-amd64.provenance.json", "bucket", UNCOMPRESSED],
  ])("leads %s to the %s", (path, where, cachePolicy) => {
    const { TargetOriginId, CachePolicyId, OriginRequestPolicyId, ...behavior } = behaviorOf(path);
    const origin = distribution.Origins.find(({ Id }) => Id === TargetOriginId);
    expect(origin?.S3OriginConfig === undefined ? "directory" : "bucket").toBe(where);
    expect(CachePolicyId).toBe(cachePolicy);
    expect(OriginRequestPolicyId).toBe(where === "directory" ? ALL_BUT_HOST : undefined);
    expect(behavior).toMatchObject({
      Compress: false,
      ViewerProtocolPolicy: where === "directory" ? "redirect-to-https" : "https-only",
    });
    // GET and HEAD: a signature is for the gateway's own host.
    expect(behavior.AllowedMethods ?? ["GET", "HEAD"]).toEqual(["GET", "HEAD"]);
  });

  it("asks the gateway by its own name and by TLS 1.2", () => {
    expect(distribution.Origins).toContainEqual(
      expect.objectContaining({
        DomainName: "GatewayApi.execute-api.REGION.amazonaws.com",
        CustomOriginConfig: { OriginProtocolPolicy: "https-only", OriginSSLProtocols: ["TLSv1.2"] },
      }),
    );
  });

  it("keeps what the directory says for a minute at most", () => {
    const { CachePolicyConfig } = own.properties("DeliveryForMoments") as {
      CachePolicyConfig: Record<string, unknown>;
    };
    expect(CachePolicyConfig).toMatchObject({
      MinTTL: 0,
      DefaultTTL: 0,
      MaxTTL: 60,
      ParametersInCacheKeyAndForwardedToOrigin: {
        EnableAcceptEncodingGzip: true,
        QueryStringsConfig: { QueryStringBehavior: "none" },
        HeadersConfig: { HeaderBehavior: "none" },
        CookiesConfig: { CookieBehavior: "none" },
      },
    });
  });

  it("is on the local AWS under the distribution's URL", () => {
    const local = withDomain(ENDPOINT);
    const url = `${ENDPOINT}/_aws/cloudfront/DeliveryDistribution.DomainName/`;
    expect(local.outputs).toMatchObject({ DirectoryUrl: url, ArtifactsUrl: url });
    const { Origins } = local.properties("DeliveryDistribution")["DistributionConfig"] as Distribution;
    expect(Origins).toContainEqual(
      expect.objectContaining({
        DomainName: "127.0.0.1",
        OriginPath: "/_aws/execute-api/GatewayApi/$default",
        CustomOriginConfig: expect.objectContaining({ HTTPPort: 4566, OriginProtocolPolicy: "http-only" }),
      }),
    );
  });
});
