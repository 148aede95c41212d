import { Duration, Stack, Validations } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import {
  type BehaviorOptions,
  CachePolicy,
  Distribution,
  HeadersFrameOption,
  HeadersReferrerPolicy,
  HttpVersion,
  type IOrigin,
  OriginProtocolPolicy,
  OriginRequestPolicy,
  OriginSslPolicy,
  ResponseHeadersPolicy,
  SecurityPolicyProtocol,
  ViewerProtocolPolicy,
} from "aws-cdk-lib/aws-cloudfront";
import { HttpOrigin, S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import type { CompleteConfig } from "./config/schema.ts";
import type { Gateway } from "./gateway.ts";
import { requiresTls, type Stage } from "./stage.ts";

export interface DeliveryProps {
  artifacts: Bucket;
  gateway: Gateway;
  stage: Stage;
  domain: CompleteConfig["domain"];
}

/**
 * The CDN: serves the artifacts bucket's bytes. With a domain of one's own it stands before the directory as well, so that
 * clients know one name that is not AWS's; signed PUTs stay with the gateway, for a signature is for its host.
 */
export class Delivery extends Construct {
  /** The artifacts URL: an object's key follows it. Ends in `/`. */
  readonly artifactsUrl: string;
  /** The directory's URL, as clients are told. Ends in `/`. */
  readonly directoryUrl: string;
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, { artifacts, gateway, stage, domain }: DeliveryProps) {
    super(scope, id);
    const bytes: BehaviorOptions = {
      // Read without list: a missing patch is 403 then, which clients take as "no patch here" like 404,
      // and there is no way to make `/` list the bucket.
      origin: S3BucketOrigin.withOriginAccessControl(artifacts),
      cachePolicy: CachePolicy.CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS,
      // With Content-Encoding on a .gz, Go clients would unpack it before they unpack it.
      compress: false,
      responseHeadersPolicy: this.forBytes(),
      viewerProtocolPolicy: requiresTls(stage)
        ? ViewerProtocolPolicy.HTTPS_ONLY
        : ViewerProtocolPolicy.ALLOW_ALL,
    };
    this.distribution = new Distribution(this, "Distribution", {
      comment: "hkdist",
      // CloudFront would keep an answer that says "try again in a moment" for ten seconds, whatever it says about keeping.
      errorResponses: [500, 502, 503, 504].map((httpStatus) => ({ httpStatus, ttl: Duration.seconds(0) })),
      ...(domain === undefined
        ? { defaultBehavior: bytes }
        : {
            ...this.behaviors(bytes, originOf(gateway, stage)),
            domainNames: [domain.name, ...(domain.formerNames ?? [])],
            certificate: Certificate.fromCertificateArn(this, "Certificate", domain.certificate),
            // CloudFront's own name has no such setting.
            minimumProtocolVersion: SecurityPolicyProtocol.TLS_V1_2_2021,
          }),
      httpVersion: HttpVersion.HTTP2_AND_3,
    });
    Validations.of(this.distribution).acknowledge(
      { id: "AwsSolutions-CFR1", reason: "The files are for everybody, wherever they are." },
      {
        id: "AwsSolutions-CFR2",
        reason:
          "What it serves is public and only read; a firewall costs more per month than all the rest together.",
      },
      {
        id: "AwsSolutions-CFR3",
        reason:
          "Access logs would hold the address of everybody who uses a tool. " +
          "What operating needs, requests, bytes and errors, is in CloudFront's metrics.",
      },
    );
    if (domain === undefined) {
      Validations.of(this.distribution).acknowledge({
        id: "AwsSolutions-CFR4",
        reason: "The certificate of *.cloudfront.net is AWS's, and no oldest TLS version can be set with it.",
      });
    }
    const own = this.distribution.distributionDomainName;
    const name = domain?.name ?? own;
    this.artifactsUrl = stage.endpointUrl
      ? `${stage.endpointUrl}/_aws/cloudfront/${own}/`
      : `https://${name}/`;
    this.directoryUrl = domain === undefined ? gateway.url : this.artifactsUrl;
  }

  /** CloudFront takes the first pattern that matches, and `*` matches slashes, too. */
  private behaviors(bytes: BehaviorOptions, origin: IOrigin) {
    const directory: BehaviorOptions = {
      origin,
      // The directory looks at the User-Agent. With our Host the gateway would not know itself.
      originRequestPolicy: OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
      compress: false,
      // Adds HSTS; where the directory says more, its word stays.
      responseHeadersPolicy: ResponseHeadersPolicy.SECURITY_HEADERS,
      viewerProtocolPolicy:
        bytes.viewerProtocolPolicy === ViewerProtocolPolicy.HTTPS_ONLY
          ? ViewerProtocolPolicy.REDIRECT_TO_HTTPS
          : ViewerProtocolPolicy.ALLOW_ALL,
    };
    const moments = { ...directory, cachePolicy: this.forMoments() };
    return {
      additionalBehaviors: {
        "/*/*/*.cdx.json": bytes,
        "/*/*/provenance.json": bytes,
        "/*/*/*.provenance.json": bytes,
        "*.json": moments,
        // Full binaries and patches. `/greet.gz` is the directory's.
        "/*/*/*.gz": bytes,
        "/*/*/*/*": bytes,
        // The page and the installers.
        "/": moments,
        "/*.sh": moments,
        "/*.ps1": moments,
      },
      // What depends on who asks is not kept. No pattern tells a command's own page from it.
      defaultBehavior: { ...directory, cachePolicy: CachePolicy.CACHING_DISABLED },
    };
  }

  /** Whatever somebody managed to store, no browser makes a page of it. */
  private forBytes(): ResponseHeadersPolicy {
    return new ResponseHeadersPolicy(this, "ForBytes", {
      comment: "Downloads are no pages",
      securityHeadersBehavior: {
        contentSecurityPolicy: { contentSecurityPolicy: "default-src 'none'; sandbox", override: true },
        contentTypeOptions: { override: true },
        frameOptions: { frameOption: HeadersFrameOption.DENY, override: true },
        referrerPolicy: { referrerPolicy: HeadersReferrerPolicy.NO_REFERRER, override: true },
        strictTransportSecurity: { accessControlMaxAge: Duration.days(365), override: true },
      },
    });
  }

  /** As long as the directory says and no longer than a minute: what is withdrawn is forgotten by itself, unless the directory fails. */
  private forMoments(): CachePolicy {
    return new CachePolicy(this, "ForMoments", {
      comment: "As the origin says, at most a minute",
      minTtl: Duration.seconds(0),
      defaultTtl: Duration.seconds(0),
      maxTtl: Duration.minutes(1),
      // So that the directory's compressed answers are asked for, and kept beside the plain ones.
      enableAcceptEncodingGzip: true,
    });
  }
}

/** The gateway as CloudFront reaches it. */
function originOf(gateway: Gateway, stage: Stage): IOrigin {
  const { region, urlSuffix } = Stack.of(gateway);
  const { apiId } = gateway.api;
  if (stage.endpointUrl === undefined) {
    return new HttpOrigin(`${apiId}.execute-api.${region}.${urlSuffix}`, {
      protocolPolicy: OriginProtocolPolicy.HTTPS_ONLY,
      originSslProtocols: [OriginSslPolicy.TLS_V1_2],
    });
  }
  const { hostname, port } = new URL(stage.endpointUrl);
  return new HttpOrigin(hostname, {
    protocolPolicy: OriginProtocolPolicy.HTTP_ONLY,
    httpPort: Number(port),
    originPath: `/_aws/execute-api/${apiId}/$default`,
  });
}
