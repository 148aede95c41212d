/**
 * Every price that this repository computes with: USD, without taxes. Who changes one changes the date too, and then what
 * README.md and docs/cost.md quote (test/cost says where they differ).
 */
export const PRICES_ARE = { region: "us-east-1", date: "November 2026" } as const;

/** Bytes. AWS measures storage and transfer in these and calls them GB. */
export const GB = 2 ** 30;

/** What the next units cost each; the last step has no end. */
export type Steps = readonly { readonly upTo: number; readonly each: number }[];

const flat = (each: number): Steps => [{ upTo: Number.POSITIVE_INFINITY, each }];
const TB = 1024;

/** A meter of AWS: the price of one unit, and how many every account has for nothing each month, for ever. */
export interface Price {
  service: string;
  /** What one unit is. */
  unit: string;
  steps: Steps;
  /** Always-free units a month; free tiers that end (S3's, API Gateway's) are not counted. */
  free: number;
}

/** In the bill's order. */
export const PRICES = {
  // https://aws.amazon.com/cloudfront/pricing/ (pay as you go; United States, Mexico, Canada, Europe)
  cdnGigabytes: {
    service: "CloudFront",
    unit: "GB to the internet",
    steps: [
      { upTo: 10 * TB, each: 0.085 },
      { upTo: 50 * TB, each: 0.08 },
      { upTo: 150 * TB, each: 0.06 },
      { upTo: 500 * TB, each: 0.04 },
      { upTo: 1024 * TB, each: 0.03 },
      { upTo: 5 * 1024 * TB, each: 0.025 },
      { upTo: Number.POSITIVE_INFINITY, each: 0.02 },
    ],
    free: 1 * TB,
  },
  cdnRequests: {
    service: "CloudFront",
    unit: "HTTPS request",
    steps: flat(0.01 / 10_000),
    free: 10_000_000,
  },
  // https://aws.amazon.com/api-gateway/pricing/ (HTTP APIs; its free tier is for the first 12 months only)
  apiRequests: {
    service: "API Gateway",
    unit: "HTTP API request of up to 512 KB",
    steps: [
      { upTo: 300e6, each: 1 / 1e6 },
      { upTo: Number.POSITIVE_INFINITY, each: 0.9 / 1e6 },
    ],
    free: 0,
  },
  // https://aws.amazon.com/ec2/pricing/on-demand/ (data transfer out; 100 GB a month over all services but CloudFront)
  apiGigabytes: { service: "API Gateway", unit: "GB to the internet", steps: flat(0.09), free: 100 },
  // https://aws.amazon.com/lambda/pricing/ (x86)
  lambdaRequests: { service: "Lambda", unit: "call", steps: flat(0.2 / 1e6), free: 1_000_000 },
  lambdaGigabyteSeconds: {
    service: "Lambda",
    unit: "GB-second",
    steps: flat(0.0000166667),
    free: 400_000,
  },
  // https://aws.amazon.com/dynamodb/pricing/on-demand/ (standard table; requests have no free tier on demand)
  tableWrites: {
    service: "DynamoDB",
    unit: "write unit of up to 1 KB",
    steps: flat(0.625 / 1e6),
    free: 0,
  },
  tableReads: {
    service: "DynamoDB",
    unit: "read unit of up to 4 KB, consistent",
    steps: flat(0.125 / 1e6),
    free: 0,
  },
  tableGigabytes: { service: "DynamoDB", unit: "GB-month stored", steps: flat(0.25), free: 25 },
  tableBackupGigabytes: {
    service: "DynamoDB",
    unit: "GB-month of point-in-time recovery",
    steps: flat(0.2),
    free: 0,
  },
  // https://aws.amazon.com/s3/pricing/ (standard; to CloudFront and within the region transfer is free)
  s3Gigabytes: { service: "S3", unit: "GB-month stored", steps: flat(0.023), free: 0 },
  s3Puts: { service: "S3", unit: "PUT or LIST", steps: flat(0.005 / 1000), free: 0 },
  s3Gets: { service: "S3", unit: "GET or HEAD", steps: flat(0.0004 / 1000), free: 0 },
  // https://aws.amazon.com/step-functions/pricing/ (standard workflows)
  transitions: { service: "Step Functions", unit: "transition", steps: flat(0.025 / 1000), free: 4000 },
  // https://aws.amazon.com/codebuild/pricing/ (general1.small, Linux on x86, by the begun minute)
  buildMinutes: { service: "CodeBuild", unit: "minute", steps: flat(0.005), free: 100 },
  // https://aws.amazon.com/cloudwatch/pricing/
  alarmMetrics: { service: "CloudWatch", unit: "metric of an alarm", steps: flat(0.1), free: 10 },
  customMetrics: { service: "CloudWatch", unit: "custom metric", steps: flat(0.3), free: 10 },
  dashboards: { service: "CloudWatch", unit: "dashboard", steps: flat(3), free: 3 },
  // Its 5 free GB are for taking in and keeping together: counted for taking in, which costs far more.
  logGigabytes: { service: "CloudWatch", unit: "GB of log taken in", steps: flat(0.5), free: 5 },
  keptLogGigabytes: { service: "CloudWatch", unit: "GB-month of log kept", steps: flat(0.03), free: 0 },
  // https://aws.amazon.com/sqs/pricing/ (standard queues)
  queueRequests: { service: "SQS", unit: "request", steps: flat(0.4 / 1e6), free: 1_000_000 },
} as const satisfies Record<string, Price>;

export type Meter = keyof typeof PRICES;

/** USD for so many units. */
export function priceOf(meter: Meter, units: number): number {
  let sum = 0;
  let from = 0;
  for (const { upTo, each } of PRICES[meter].steps as Steps) {
    if (units <= from) break;
    sum += (Math.min(units, upTo) - from) * each;
    from = upTo;
  }
  return sum;
}
