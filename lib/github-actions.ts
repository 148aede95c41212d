import { Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, WebIdentityPrincipal } from "aws-cdk-lib/aws-iam";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { CompleteConfig } from "./config/schema.ts";
import { executionsOf } from "./notify.ts";

/** GitHub's issuer of tokens: https://docs.github.com/en/actions/reference/security/oidc */
const ISSUER = "token.actions.githubusercontent.com";

export interface GithubActionsProps {
  workflows: NonNullable<CompleteConfig["githubActions"]>;
  release: StateMachine;
}

/**
 * A role that workflows on GitHub take without a key, to start releases and see how they end. It cannot go back: that is the
 * other machine's. The account's one provider for GitHub is not ours to make or delete (docs/releasing-from-ci.md).
 */
export class GithubActions extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, { workflows, release }: GithubActionsProps) {
    super(scope, id);
    const { account, partition } = Stack.of(this);
    this.role = new Role(this, "Role", {
      description: "Starts releases from GitHub Actions",
      assumedBy: new WebIdentityPrincipal(`arn:${partition}:iam::${account}:oidc-provider/${ISSUER}`, {
        StringEquals: { [`${ISSUER}:aud`]: "sts.amazonaws.com" },
        StringLike: { [`${ISSUER}:sub`]: workflows.map(subjectOf) },
      }),
    });
    const may = (actions: string[], resource: string) =>
      this.role.addToPolicy(new PolicyStatement({ actions, resources: [resource] }));
    may(["states:StartExecution", "states:ListExecutions"], release.stateMachineArn);
    may(["states:DescribeExecution", "states:GetExecutionHistory"], executionsOf(release));
  }
}

/** What GitHub's token says of a workflow that runs for a push to the branch or of a tag. */
function subjectOf({ repository, branch, tag }: GithubActionsProps["workflows"][number]): string {
  return `repo:${repository}:ref:refs/${branch === undefined ? `tags/${tag}` : `heads/${branch}`}`;
}
