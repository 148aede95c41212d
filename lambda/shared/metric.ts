import { log } from "./log.ts";

/** CloudWatch's namespace of all metrics of this project. */
export const NAMESPACE = "hkdist";

type Unit = "Count" | "Percent";

/**
 * A log line that is a metric as well, in CloudWatch's embedded metric format: no request, no right to make.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 * @param values by metric
 * @param dimensions fields that tell one series from another. Each combination of their values is a metric that costs.
 */
export function logMetrics(
  event: string,
  unit: Unit,
  values: Record<string, number>,
  dimensions: Record<string, string> = {},
): void {
  const Metrics = Object.keys(values).map((Name) => ({ Name, Unit: unit }));
  const Dimensions = [Object.keys(dimensions)];
  const directive = { Namespace: NAMESPACE, Dimensions, Metrics };
  log(event, { ...dimensions, ...values, _aws: { Timestamp: Date.now(), CloudWatchMetrics: [directive] } });
}
