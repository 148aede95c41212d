/**
 * What the deployment has whether anybody uses it or not. test/lib/cost.test.ts holds these numbers against the
 * synthesized template.
 */
export const FIXED = {
  /** Metrics that alarms look at: one each, more where an alarm computes with several. */
  alarmMetrics: 4,
  /** Metrics that metric filters make. AWS counts one only for the hours in which it has data, so this is the most. */
  filteredMetrics: 3,
  /** Metrics that functions write into their logs (CloudWatch's embedded metric format), each set of dimensions by itself. */
  loggedMetrics: 0,
  dashboards: 0,
  /** Queues that a function is fed from: Lambda asks them all the time. */
  polledQueues: 1,
} as const;
