import { describe, expect, it } from "vitest";
import { fileText } from "../lambda/support.ts";
import { CONFIG, GREET, onAws } from "./stages.ts";
import { Template } from "./template.ts";

const aws = onAws();
const POLICIES = ["OperatorLook", "OperatorRelease", "OperatorPromote"];
/** A stack has at most 500 resources. */
const MOST_COMMANDS = 47;
const IN_REGION = "REGION:ACCOUNT";

describe("what people may be given", () => {
  const RIGHTS: Record<string, string[]> = {
    OperatorLook: [
      `arn:aws:cloudformation:${IN_REGION}:stack/hkdist/*: cloudformation:DescribeStacks`,
      ...["PromotionMachine", "ReleaseMachine"].flatMap((name) => [
        `${name}: states:DescribeStateMachine states:ListExecutions`,
        `arn:aws:states:${IN_REGION}:execution:${name}.Name:*: states:DescribeExecution states:GetExecutionHistory`,
      ]),
      "StorageTable.Arn: dynamodb:GetItem dynamodb:Query",
      "StorageArtifacts.Arn: s3:ListBucket s3:ListBucketVersions",
      "StorageArtifacts.Arn/*: s3:GetObject s3:GetObjectVersion",
      ...["build", "source"].map(
        (step) =>
          `arn:aws:codebuild:${IN_REGION}:project/hkdist-${step}-*: codebuild:BatchGetBuilds codebuild:ListBuildsForProject`,
      ),
      ...["build", "source"].map(
        (step) => `arn:aws:logs:${IN_REGION}:log-group:/aws/codebuild/hkdist-${step}-*: logs:GetLogEvents`,
      ),
      "AlertsReleases: sns:GetTopicAttributes",
      "AlertsTopic: sns:GetTopicAttributes",
      "*: cloudwatch:DescribeAlarms lambda:GetAccountSettings servicequotas:ListServiceQuotas",
    ],
    OperatorRelease: ["ReleaseMachine: states:StartExecution"],
    OperatorPromote: ["PromotionMachine: states:StartExecution"],
  };

  it("is these three policies, which say what they are for", () => {
    const policies = aws.ofType("AWS::IAM::ManagedPolicy");
    expect(policies.map(([name]) => name)).toEqual(POLICIES);
    for (const [, { Properties }] of policies)
      expect(Properties["Description"]).toMatch(/^hkdist: to .{20,}$/);
  });

  it.each(Object.entries(RIGHTS))("of %s is exactly this", (policy, rights) => {
    expect(aws.rightsOf(policy)).toEqual(rights.toSorted());
    expect(aws.statementsOf(policy).map(({ Effect }) => Effect)).not.toContain("Deny");
  });

  it.each(["Look", "Release", "Promote"])("as %s has its rights in docs/operators.md", (policy) => {
    const rows = fileText("docs/operators.md").matchAll(
      new RegExp(`^\\| ${policy} \\| (.+:.+) \\| .+ \\|$`, "gm"),
    );
    const documented = [...rows].flatMap(([, rights = ""]) => rights.match(/(?<=`)\w+:\w+/g) ?? []);
    const actions = aws.statementsOf(`Operator${policy}`).flatMap(({ Action }) => [Action].flat());
    expect(documented.toSorted()).toEqual([...new Set(actions)].toSorted());
  });

  it("is given to nobody by the stack", () => {
    for (const policy of POLICIES) {
      expect(Object.keys(aws.properties(policy))).not.toEqual(
        expect.arrayContaining([expect.stringMatching(/^(Groups|Roles|Users)$/)]),
      );
    }
    const roles = aws.ofType("AWS::IAM::Role").map(([, { Properties }]) => JSON.stringify(Properties));
    expect(roles.filter((role) => role.includes("Operator"))).toEqual([]);
  });

  it("changes nothing, but for the two machines that are started", () => {
    const actions = POLICIES.flatMap((policy) =>
      aws.statementsOf(policy).flatMap(({ Action }) => [Action].flat()),
    );
    const changing = actions.filter(
      (action) => !/^\w+:(Describe|Get|List|BatchGet|Query)[A-Za-z]*$/.test(action),
    );
    expect(changing).toEqual(["states:StartExecution", "states:StartExecution"]);
  });

  it("names builds and logs as they are called", () => {
    const allowed = (action: string, resource: string) => aws.allows("OperatorLook", action, resource);
    for (const [, { Properties }] of aws.ofType("AWS::CodeBuild::Project")) {
      const project = `arn:aws:codebuild:${IN_REGION}:project/${Properties["Name"]}`;
      expect(allowed("codebuild:ListBuildsForProject", project), project).toBe(true);
    }
    const groups = aws.ofType("AWS::Logs::LogGroup").flatMap(([name, { Properties }]) => {
      const stream = `arn:aws:logs:${IN_REGION}:log-group:${Properties["LogGroupName"]}:log-stream:x`;
      return allowed("logs:GetLogEvents", stream) ? [name] : [];
    });
    expect(groups.toSorted()).toEqual(
      aws
        .ofType("AWS::CodeBuild::Project")
        .map(([name]) => `${name}Log`)
        .toSorted(),
    );
  });

  it("fits into a policy, however many commands there are", () => {
    const commands = Object.fromEntries(
      Array.from({ length: MOST_COMMANDS }, (_, n) => [`greet-${n}`, GREET]),
    );
    const many = new Template({ ...CONFIG, commands }, { endpointUrl: undefined });
    for (const policy of POLICIES) {
      const document = JSON.stringify(many.properties(policy)["PolicyDocument"]);
      const asLongAsCanBe = document
        .replaceAll("arn:aws:", "arn:aws-us-gov:")
        .replaceAll("REGION", "ap-southeast-1")
        .replaceAll("ACCOUNT", "123456789012")
        .replaceAll(/\b(Alerts|Promotion|Release|Storage)\w+(\.(Arn|Name))?/g, "x".repeat(160));
      expect(asLongAsCanBe.length).toBeLessThan(6144);
      expect(document).toBe(JSON.stringify(aws.properties(policy)["PolicyDocument"]));
    }
  });
});
