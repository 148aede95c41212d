import { Stack } from "aws-cdk-lib";
import type { ServicePrincipalOpts } from "aws-cdk-lib/aws-iam";
import type { Construct } from "constructs";

/**
 * A service acts for resources of this account only: nobody else's build, machine or bucket can make it.
 * https://docs.aws.amazon.com/step-functions/latest/dg/procedure-create-iam-role.html, and CodeBuild's page on the same
 */
export function ofThisAccount(scope: Construct): ServicePrincipalOpts {
  return { conditions: { StringEquals: { "aws:SourceAccount": Stack.of(scope).account } } };
}
