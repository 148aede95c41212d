import { Duration } from "aws-cdk-lib";
import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { Construct } from "constructs";
import { TOO_LARGE } from "../lambda/shared/http/serve.ts";
import { ARTIFACTS_PARTITION, CURRENT_PARTITION } from "../lambda/shared/keys.ts";
import { type Alerts, countEvents } from "./alerts.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Stage } from "./stage.ts";
import type { Storage } from "./storage.ts";

/** The update directory: an HTTP API whose every request but PUT goes to one function, which routes in code. */
export class Directory extends Construct {
  readonly api: HttpApi;
  /** The directory's URL, ends in `/`. */
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    {
      storage,
      artifactsUrl,
      stage,
      alerts,
    }: { storage: Storage; artifactsUrl: string; stage: Stage; alerts: Alerts },
  ) {
    super(scope, id);
    const handler = new HkdistFunction(this, "Function", {
      step: "directory",
      description: "Answers what is current, from the table",
      settings: { table: storage.table.tableName, artifactsUrl },
      // Four tries at a table that does not answer, as lambda/shared/table.ts limits each.
      timeout: Duration.seconds(15),
    });
    handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [storage.table.tableArn], {
      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [ARTIFACTS_PARTITION, CURRENT_PARTITION] },
    });

    this.api = new HttpApi(this, "Api", {
      description: "hkdist update directory",
      // HTTP API paths cannot hold `{platform}.json`, so there is one catch-all route for every path and method.
      defaultIntegration: new HttpLambdaIntegration("Integration", handler),
    });
    this.watchForTooLarge(handler, alerts);
    this.url = stage.endpointUrl
      ? `${stage.endpointUrl}/_aws/execute-api/${this.api.apiId}/$default/`
      : `${this.api.apiEndpoint}/`;
  }

  /** release.json has outgrown the gateway: clients get 503 until somebody does something. */
  private watchForTooLarge(handler: HkdistFunction<"table" | "artifactsUrl">, alerts: Alerts): void {
    const filter = countEvents(this, "TooLarge", handler.logGroup, TOO_LARGE);
    alerts.alarm(this, "TooLargeAlarm", {
      happened: "The directory had an answer too large for the gateway",
      section: "release.json is too large",
      metric: filter.metric({ statistic: "Sum", period: Duration.minutes(5) }),
      threshold: 1,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
  }
}
