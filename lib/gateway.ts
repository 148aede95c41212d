import { Duration } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { HttpApi, HttpStage, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import type { Alerts } from "./alerts.ts";
import { keptLog } from "./kept-log.ts";
import type { Stage } from "./stage.ts";

export interface GatewayProps {
  stage: Stage;
  alerts: Alerts;
  /** Before it answers 429. */
  requestsPerSecond: number;
}

/** The HTTP API: throttled, logged and watched. What it leads to are the directory and register. */
export class Gateway extends Construct {
  readonly api: HttpApi;
  /** Its own URL, ends in `/`. */
  readonly url: string;

  constructor(scope: Construct, id: string, { stage, alerts, requestsPerSecond }: GatewayProps) {
    super(scope, id);
    this.api = new HttpApi(this, "Api", {
      description: "hkdist update directory",
      createDefaultStage: false,
    });
    const accessLog = keptLog(this, "AccessLog", { retention: RetentionDays.ONE_MONTH });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      autoDeploy: true,
      // 5,000 is an account's own burst, in most regions.
      throttle: { rateLimit: requestsPerSecond, burstLimit: Math.min(2 * requestsPerSecond, 5000) },
      accessLogSettings: { destination: new LogGroupLogDestination(accessLog), format: ACCESS_LOG },
    });
    this.url = stage.endpointUrl
      ? `${stage.endpointUrl}/_aws/execute-api/${this.api.apiId}/$default/`
      : `${this.api.apiEndpoint}/`;
    this.watch(alerts);
  }

  /** What clients see of us, as the gateway counts it. */
  private watch(alerts: Alerts): void {
    const period = Duration.minutes(5);
    alerts.alarm(this, "ErrorsAlarm", {
      happened: "The directory failed to answer in three of the last six five minutes",
      section: "The directory fails",
      metric: this.api.metricServerError({ statistic: "Sum", period }),
      // A thousand users ask three times within five minutes: were it more, an outage of a small deployment would not be seen.
      threshold: 1,
      evaluationPeriods: 6,
      datapointsToAlarm: 3,
    });
    alerts.alarm(this, "SlowAlarm", {
      happened: "One in ten answers of the directory took more than two seconds, for a quarter of an hour",
      section: "The directory is slow",
      metric: this.api.metricLatency({ statistic: "p90", period }),
      threshold: 2000,
      evaluationPeriods: 3,
    });
  }
}

/** What operating needs: neither who asked, nor from where, nor with what. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    time: "$context.requestTime",
    requestId: "$context.requestId",
    method: "$context.httpMethod",
    path: "$context.path",
    status: "$context.status",
    bytes: "$context.responseLength",
    milliseconds: "$context.responseLatency",
    error: "$context.integrationErrorMessage",
  }),
);
