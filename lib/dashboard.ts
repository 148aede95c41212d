import { Duration, Stack } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard as CloudWatchDashboard,
  GraphWidget,
  type IMetric,
  type IWidget,
  Metric,
} from "aws-cdk-lib/aws-cloudwatch";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { METRICS } from "../lambda/patch/metrics.ts";
import { NAMESPACE } from "../lambda/shared/metric.ts";
import type { Alerts } from "./alerts.ts";
import type { BuildProject } from "./build-project.ts";
import type { Delivery } from "./delivery.ts";
import type { Gateway } from "./gateway.ts";
import type { Record } from "./record.ts";

export interface DashboardProps {
  alerts: Alerts;
  release: StateMachine;
  promotion: StateMachine;
  projects: BuildProject[];
  /** Names of the configured commands. */
  commands: string[];
  record: Record;
  gateway: Gateway;
  delivery: Delivery;
}

/** One page: what rings, how releases go, what clients see. What AWS measures itself is not measured again. */
export class Dashboard extends Construct {
  constructor(scope: Construct, id: string, props: DashboardProps) {
    super(scope, id);
    const { alerts, release, promotion, projects, commands, record, gateway, delivery } = props;
    const sum = { statistic: "Sum", period: Duration.hours(1) };
    const fromDistribution = (metricName: string, label: string, statistic: string) =>
      new Metric({
        namespace: "AWS/CloudFront",
        metricName,
        label,
        statistic,
        period: Duration.hours(1),
        dimensionsMap: { DistributionId: delivery.distribution.distributionId, Region: "Global" },
        region: "us-east-1",
      });
    const ours = (metricName: string, label: string, dimensionsMap: { [name: string]: string } = {}) =>
      new Metric({ namespace: NAMESPACE, metricName, label, statistic: "Maximum", dimensionsMap });

    const rows: IWidget[][] = [
      [new AlarmStatusWidget({ title: "Alarms", alarms: alerts.alarms, width: 24, height: 4 })],
      [
        graph("Releases", [
          release.metricSucceeded({ ...sum, label: "released" }),
          release.metricFailed({ ...sum, label: "failed" }),
          promotion.metricSucceeded({ ...sum, label: "promoted or withdrawn" }),
        ]),
        graph("A release's time (ms)", [release.metricTime({ statistic: "Maximum", label: "longest" })]),
        graph(
          "Builds (s)",
          projects.map((project) =>
            project.metricDuration({ statistic: "Maximum", label: project.describes }),
          ),
        ),
      ],
      [
        graph(
          "Patches, in percent of the full download",
          commands.map((cmd) => ours(METRICS.ratio, cmd, { cmd }).with({ statistic: "Average" })),
        ),
        graph("The patch function, in percent of what it has", [
          ours(METRICS.memory, "memory"),
          ours(METRICS.time, "time"),
        ]),
        graph("Recording", [
          record.queue.metricApproximateAgeOfOldestMessage({ label: "oldest message (s)" }),
          record.deadLetters.metricApproximateNumberOfMessagesVisible({ label: "dead letters" }),
        ]),
      ],
      [
        graph("Directory: requests", [
          gateway.api.metricCount({ ...sum, label: "all" }),
          gateway.api.metricClientError({ ...sum, label: "4xx" }),
          gateway.api.metricServerError({ ...sum, label: "5xx" }),
        ]),
        graph("Directory: latency (ms)", [
          gateway.api.metricLatency({ statistic: "p50" }),
          gateway.api.metricLatency({ statistic: "p90" }),
          gateway.api.metricLatency({ statistic: "p99" }),
        ]),
        graph(
          "CDN",
          [
            fromDistribution("Requests", "requests", "Sum"),
            fromDistribution("BytesDownloaded", "bytes", "Sum"),
          ],
          [
            fromDistribution("4xxErrorRate", "4xx (%)", "Average"),
            fromDistribution("5xxErrorRate", "5xx (%)", "Average"),
          ],
        ),
      ],
    ];
    new CloudWatchDashboard(this, "Page", {
      dashboardName: Stack.of(this).stackName,
      defaultInterval: Duration.days(7),
      widgets: rows,
    });
  }
}

const graph = (title: string, left: IMetric[], right: IMetric[] = []) =>
  new GraphWidget({ title, left, right, width: 8, height: 6 });
