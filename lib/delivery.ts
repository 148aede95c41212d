import { CachePolicy, Distribution, HttpVersion, ViewerProtocolPolicy } from "aws-cdk-lib/aws-cloudfront";
import { S3BucketOrigin } from "aws-cdk-lib/aws-cloudfront-origins";
import type { Bucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { requiresTls, type Stage } from "./stage.ts";

/** Serves the artifacts bucket's bytes. */
export class Delivery extends Construct {
  /** The artifacts URL: an object's key follows it. Ends in `/`. */
  readonly url: string;
  readonly distribution: Distribution;

  constructor(scope: Construct, id: string, { artifacts, stage }: { artifacts: Bucket; stage: Stage }) {
    super(scope, id);
    this.distribution = new Distribution(this, "Distribution", {
      comment: "hkdist artifacts",
      defaultBehavior: {
        // Read without list: a missing patch is 403 then, which clients take as "no patch here" like 404,
        // and there is no way to make `/` list the bucket.
        origin: S3BucketOrigin.withOriginAccessControl(artifacts),
        cachePolicy: CachePolicy.CACHING_OPTIMIZED_FOR_UNCOMPRESSED_OBJECTS,
        // With Content-Encoding on a .gz, Go clients would unpack it before they unpack it.
        compress: false,
        viewerProtocolPolicy: requiresTls(stage)
          ? ViewerProtocolPolicy.HTTPS_ONLY
          : ViewerProtocolPolicy.ALLOW_ALL,
      },
      httpVersion: HttpVersion.HTTP2_AND_3,
    });
    const domain = this.distribution.distributionDomainName;
    this.url = stage.endpointUrl ? `${stage.endpointUrl}/_aws/cloudfront/${domain}/` : `https://${domain}/`;
  }
}
