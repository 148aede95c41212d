import { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Construct } from "constructs";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Stage } from "./stage.ts";
import type { Storage } from "./storage.ts";

/** The update directory: an HTTP API whose every request goes to one function, which routes in code. */
export class Directory extends Construct {
  /** The directory's URL, ends in `/`. */
  readonly url: string;

  constructor(
    scope: Construct,
    id: string,
    { storage, artifactsUrl, stage }: { storage: Storage; artifactsUrl: string; stage: Stage },
  ) {
    super(scope, id);
    const handler = new HkdistFunction(this, "Function", {
      step: "directory",
      description: "Answers what is current, from the table",
      settings: { table: storage.table.tableName, artifactsUrl },
    });
    handler.allow(["dynamodb:GetItem", "dynamodb:Query"], [storage.table.tableArn]);

    const api = new HttpApi(this, "Api", {
      description: "hkdist update directory",
      // HTTP API paths cannot hold `{platform}.json`, so there is one catch-all route for every path and method.
      defaultIntegration: new HttpLambdaIntegration("Integration", handler),
    });
    this.url = stage.endpointUrl
      ? `${stage.endpointUrl}/_aws/execute-api/${api.apiId}/$default/`
      : `${api.apiEndpoint}/`;
  }
}
