import { Duration, Validations } from "aws-cdk-lib";
import { HttpRoute, HttpRouteKey } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ILogGroup } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import { TOO_LARGE } from "../lambda/shared/http/serve.ts";
import { ARTIFACTS_PARTITION, CURRENT_PARTITION } from "../lambda/shared/keys.ts";
import { type Alerts, countEvents } from "./alerts.ts";
import type { Gateway } from "./gateway.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Storage } from "./storage.ts";

export interface DirectoryProps {
  storage: Storage;
  gateway: Gateway;
  directoryUrl: string;
  artifactsUrl: string;
  alerts: Alerts;
}

/** The update directory: every request to the gateway but PUT goes to one function, which routes in code. */
export class Directory extends Construct {
  constructor(scope: Construct, id: string, props: DirectoryProps) {
    super(scope, id);
    const { storage, gateway, directoryUrl, artifactsUrl, alerts } = props;
    const handler = new HkdistFunction(this, "Function", {
      step: "directory",
      description: "Answers what is current, from the table",
      settings: { table: storage.table.tableName, directoryUrl, artifactsUrl },
      files: "web",
      // Four tries at a table that does not answer, as lambda/shared/table.ts limits each.
      timeout: Duration.seconds(15),
    });
    handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [storage.table.tableArn], {
      "ForAllValues:StringLike": {
        "dynamodb:LeadingKeys": [ARTIFACTS_PARTITION, CURRENT_PARTITION, "history#*"],
      },
    });
    // HTTP API paths cannot hold `{platform}.json`, so there is one catch-all route for every path and method.
    const route = new HttpRoute(this, "Route", {
      httpApi: gateway.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration("Integration", handler),
    });
    Validations.of(route).acknowledge({
      id: "AwsSolutions-APIG4",
      reason:
        "What is current is for everybody to ask; who may PUT is for IAM to say, on routes of their own.",
    });
    this.watchForTooLarge(handler.logGroup, alerts);
  }

  /** release.json has outgrown the gateway: clients get 503 until somebody does something. */
  private watchForTooLarge(logGroup: ILogGroup, alerts: Alerts): void {
    const filter = countEvents(this, "TooLarge", logGroup, TOO_LARGE);
    alerts.alarm(this, "TooLargeAlarm", {
      happened: "The directory had an answer too large for the gateway",
      section: "release.json is too large",
      metric: filter.metric({ statistic: "Sum", period: Duration.minutes(5) }),
      threshold: 1,
    });
  }
}
