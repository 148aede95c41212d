/**
 * What the deployment has whether anybody uses it or not. test/lib/cost.test.ts holds these numbers against the
 * synthesized template.
 */
export const FIXED = {
  /** Metrics that alarms look at: one each, more where an alarm computes with several. */
  alarmMetrics: 10,
  /** Metrics that the patch function writes into its log for a release (lambda/patch/metrics.ts). */
  metricsOfRelease: 4,
  dashboards: 1,
  /** Queues that a function is fed from: Lambda asks them all the time. */
  polledQueues: 1,
} as const;
