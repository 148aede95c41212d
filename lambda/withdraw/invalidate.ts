import { type CloudFrontClient, CreateInvalidationCommand } from "@aws-sdk/client-cloudfront";
import { InvalidationFailedError } from "../shared/errors.ts";

/** CloudFront takes 3,000 paths at a time, but only 15 with a wildcard: so every object is named. */
const MOST_PATHS = 3000;

/**
 * Has the CDN forget what it keeps under these keys, wherever it keeps it.
 * @param reference what tells one order from another, at CloudFront
 * @throws InvalidationFailedError when CloudFront does not take it
 */
export async function invalidate(
  cloudfront: CloudFrontClient,
  DistributionId: string,
  keys: readonly string[],
  reference: string,
): Promise<void> {
  for (let at = 0; at < keys.length; at += MOST_PATHS) {
    const Items = keys.slice(at, at + MOST_PATHS).map((key) => `/${key}`);
    const InvalidationBatch = {
      CallerReference: `${reference}-${at}`,
      Paths: { Quantity: Items.length, Items },
    };
    try {
      await cloudfront.send(new CreateInvalidationCommand({ DistributionId, InvalidationBatch }));
    } catch (error) {
      throw new InvalidationFailedError(
        `CloudFront did not take the invalidation of ${Items.length} paths (${error}). The objects are in order; what the ` +
          "CDN keeps of them may still be served. Start this again with the same input.",
        { cause: error },
      );
    }
  }
}
