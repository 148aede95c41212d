import { describe, expect, it } from "vitest";
import type { Config } from "../../lib/config/schema.ts";
import { CONFIG } from "./stages.ts";
import { Template } from "./template.ts";

const ROLE = "GithubActionsRole";
const withWorkflows = (githubActions: Config["githubActions"]) =>
  new Template({ ...CONFIG, ...(githubActions && { githubActions }) }, { endpointUrl: undefined });
const ONE = withWorkflows([{ repository: "example/greet", tag: "v*" }]);

describe("the role for workflows on GitHub", () => {
  it("is there only when workflows are named", () => {
    expect(Object.keys(withWorkflows(undefined).resources).filter((name) => /github/i.test(name))).toEqual(
      [],
    );
    expect(ONE.outputs).toHaveProperty("GithubActionsRoleArn", `${ROLE}.Arn`);
  });

  it("starts releases and sees how they end, and can do nothing else", () => {
    expect(ONE.rightsOf(ROLE)).toEqual([
      "ReleaseMachine: states:ListExecutions states:StartExecution",
      "arn:aws:states:REGION:ACCOUNT:execution:ReleaseMachine.Name:*: states:DescribeExecution states:GetExecutionHistory",
    ]);
  });

  it("is for tokens of these repositories, branches and tags, made for AWS", () => {
    const template = withWorkflows([
      { repository: "example/greet", tag: "v*" },
      { repository: "example/greet", branch: "release/1" },
      { repository: "example@123456/hk.cli@456789", branch: "main" },
    ]);
    const { AssumeRolePolicyDocument } = template.properties(ROLE);
    expect(AssumeRolePolicyDocument).toEqual({
      Version: "2012-10-17",
      Statement: [
        {
          Effect: "Allow",
          Action: "sts:AssumeRoleWithWebIdentity",
          Principal: {
            Federated: "arn:aws:iam::ACCOUNT:oidc-provider/token.actions.githubusercontent.com",
          },
          Condition: {
            StringEquals: { "token.actions.githubusercontent.com:aud": "sts.amazonaws.com" },
            StringLike: {
              "token.actions.githubusercontent.com:sub": [
                "repo:example/greet:ref:refs/tags/v*",
                "repo:example/greet:ref:refs/heads/release/1",
                "repo:example@123456/hk.cli@456789:ref:refs/heads/main",
              ],
            },
          },
        },
      ],
    });
  });
});
