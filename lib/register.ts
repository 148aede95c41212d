import { Duration } from "aws-cdk-lib";
import { HttpMethod } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpIamAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Construct } from "constructs";
import { ARTIFACTS_PARTITION, CURRENT_PARTITION } from "../lambda/shared/keys.ts";
import type { Gateway } from "./gateway.ts";
import { HkdistFunction } from "./hkdist-function.ts";
import type { Record } from "./record.ts";
import type { Storage } from "./storage.ts";

export interface RegisterProps {
  storage: Storage;
  gateway: Gateway;
  record: Record;
}

/**
 * PUT on the directory, for those who build elsewhere: a function of its own, so that the one that all the world asks can
 * write nothing. The gateway lets a request through when IAM allows its caller `execute-api:Invoke` on the path.
 */
export class Register extends Construct {
  constructor(scope: Construct, id: string, { storage, gateway, record }: RegisterProps) {
    super(scope, id);
    const { table } = storage;
    const handler = new HkdistFunction(this, "Function", {
      step: "register",
      description: "Registers stored artifacts and changes current, for signed requests",
      settings: { table: table.tableName, recordFunction: record.recorder.functionName },
      // The gateway waits 30 s.
      timeout: Duration.seconds(29),
    });
    handler.allow(["dynamodb:GetItem"], [table.tableArn], {
      "ForAllValues:StringEquals": { "dynamodb:LeadingKeys": [ARTIFACTS_PARTITION, CURRENT_PARTITION] },
    });
    handler.allow(["dynamodb:PutItem"], [table.tableArn], {
      "ForAllValues:StringLike": { "dynamodb:LeadingKeys": [CURRENT_PARTITION, "history#*"] },
    });
    handler.allow(["lambda:InvokeFunction"], [record.recorder.functionArn]);
    gateway.api.addRoutes({
      path: "/{path+}",
      methods: [HttpMethod.PUT],
      integration: new HttpLambdaIntegration("Integration", handler),
      authorizer: new HttpIamAuthorizer(),
    });
  }
}
