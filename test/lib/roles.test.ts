import { beforeAll, describe, expect, it } from "vitest";
import { onAws } from "./stages.ts";
import type { Statement, Template } from "./template.ts";

let aws: Template;
beforeAll(() => {
  aws = onAws();
});

describe("rights", () => {
  const TABLE = "StorageTable.Arn";
  const ARTIFACTS = "StorageArtifacts.Arn";
  const SOURCES = "StorageSources.Arn";
  const ASSETS = "arn:aws:s3:::cdk-hnb659fds-assets-ACCOUNT-REGION";
  const SECRETS = "arn:aws:secretsmanager:REGION:ACCOUNT:secret";
  /** Every function may write to its own log. */
  const LOGS = "its log";
  const PROJECTS = ["Buildgreet", "Buildgreetcanary", "Sourcegreet", "Sourcegreetcanary"];

  /** What every build needs: its scripts and its log. */
  const build = (project: string) => {
    return [
      `${ASSETS}: s3:GetBucketAcl s3:GetBucketLocation`,
      `${ASSETS}/HASH.zip: s3:GetObject s3:GetObjectVersion`,
      `${project}Log.Arn: logs:CreateLogStream logs:PutLogEvents`,
    ];
  };

  const invoked = (step: string) => `${step}Function.Arn: lambda:InvokeFunction`;
  // Log delivery cannot be limited: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
  const LOG_DELIVERY =
    "*: logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies " +
    "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery";

  const ROLES: Record<string, string[]> = {
    AuditFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket s3:ListBucketVersions`,
      `${ARTIFACTS}/*: s3:GetObjectVersion`,
      "AlertsTopic: sns:Publish",
    ],
    RequestFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*/*/*.cdx.json: s3:GetObject`,
      `${ARTIFACTS}/*/*/provenance.json: s3:GetObject`,
      `${ARTIFACTS}/*/*/*.provenance.json: s3:GetObject`,
    ],
    PlanFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike source#*: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject`,
      `${ARTIFACTS}/*/*/*.cdx.json: s3:GetObject`,
      `${ARTIFACTS}/*/*/provenance.json: s3:GetObject`,
      `${ARTIFACTS}/*/*/*.provenance.json: s3:GetObject`,
      `${SOURCES}: s3:ListBucket`,
      `${SOURCES}/plans/*: s3:GetObject s3:PutObject`,
      `${SOURCES}/reports/*: s3:GetObject`,
      "RecordQueue.Arn: sqs:SendMessage",
    ],
    RecordFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringEquals artifact|refused: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*: s3:GetObject s3:GetObjectVersion`,
      "RecordQueue.Arn: sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage",
    ],
    PairFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject`,
      `${SOURCES}: s3:ListBucket`,
      `${SOURCES}/reports/*: s3:GetObject`,
    ],
    DescribeFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*/*/*.cdx.json: s3:GetObject s3:PutObject`,
      `${ARTIFACTS}/*/*/provenance.json: s3:GetObject s3:PutObject`,
      `${ARTIFACTS}/*/*/*.provenance.json: s3:GetObject s3:PutObject`,
      `${SOURCES}: s3:ListBucket`,
      `${SOURCES}/plans/*: s3:GetObject`,
      `${SOURCES}/reports/*: s3:GetObject`,
    ],
    PatchFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike patch#*: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject s3:GetObjectVersion`,
      `${ARTIFACTS}/*/*/*/*: s3:GetObject s3:GetObjectVersion s3:PutObject`,
    ],
    PublishFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike current|history#*: dynamodb:PutItem`,
    ],
    PromoteFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike current|history#*: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject`,
    ],
    WithdrawFunctionRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket s3:ListBucketVersions`,
      `${ARTIFACTS}/*.gz: s3:DeleteObject s3:DeleteObjectVersion s3:GetObject`,
      `${ARTIFACTS}/*/*/*/*: s3:DeleteObject s3:DeleteObjectVersion s3:GetObject`,
      "arn:aws:cloudfront::ACCOUNT:distribution/DeliveryDistribution: cloudfront:CreateInvalidation",
    ],
    BasesFunctionRole: [LOGS, `${TABLE}: dynamodb:GetItem dynamodb:Query`],
    ExplainFunctionRole: [LOGS, ...PROJECTS.map((name) => `${name}Project.Arn: codebuild:BatchGetBuilds`)],
    RegisterFunctionRole: [
      LOGS,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringEquals artifact|current: dynamodb:GetItem`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike current|history#*: dynamodb:PutItem`,
      "RecordFunction.Arn: lambda:InvokeFunction",
    ],
    DirectoryFunctionRole: [
      LOGS,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike artifact|current|history#*: dynamodb:GetItem dynamodb:Query`,
    ],
    SourcegreetProjectRole: [...build("SourcegreetProject"), `${SOURCES}/sources/greet/*: s3:PutObject`],
    SourcegreetcanaryProjectRole: [
      ...build("SourcegreetcanaryProject"),
      `${SOURCES}/sources/greet-canary/*: s3:PutObject`,
      `${SECRETS}:greet/deploy-key-??????: secretsmanager:GetSecretValue`,
    ],
    BuildgreetProjectRole: [
      ...build("BuildgreetProject"),
      `${SOURCES}/sources/greet/*: s3:GetObject`,
      `${SOURCES}/plans/greet/*: s3:GetObject`,
      `${SOURCES}/reports/greet/*: s3:PutObject`,
      ...["darwin-arm64", "linux-amd64"].map(
        (platform) => `${ARTIFACTS}/greet/*/${platform}.gz: s3:PutObject`,
      ),
    ],
    BuildgreetcanaryProjectRole: [
      ...build("BuildgreetcanaryProject"),
      `${SOURCES}/sources/greet-canary/*: s3:GetObject`,
      `${SOURCES}/plans/greet-canary/*: s3:GetObject`,
      `${SOURCES}/reports/greet-canary/*: s3:PutObject`,
      `${ARTIFACTS}/greet-canary/*/linux-arm64.gz: s3:PutObject`,
    ],
    NotifyFunctionRole: [
      LOGS,
      "AlertsReleases: sns:Publish",
      "AlertsTopic: sns:Publish",
      ...["PromotionMachine", "ReleaseMachine"].map(
        (name) => `arn:aws:states:REGION:ACCOUNT:execution:${name}.Name:*: states:DescribeExecution`,
      ),
    ],
    ReleaseMachineRole: [
      ...["Describe", "Explain", "Pair", "Patch", "Plan", "Publish", "Request"].map(invoked),
      ...PROJECTS.map(
        (name) => `${name}Project.Arn: codebuild:BatchGetBuilds codebuild:StartBuild codebuild:StopBuild`,
      ),
      "arn:aws:events:REGION:ACCOUNT:rule/StepFunctionsGetEventForCodeBuildStartBuildRule: " +
        "events:DescribeRule events:PutRule events:PutTargets",
      LOG_DELIVERY,
    ],
    PromotionMachineRole: [...["Bases", "Patch", "Promote", "Withdraw"].map(invoked), LOG_DELIVERY],
  };

  it("are those of these roles", () => {
    expect(
      aws
        .ofType("AWS::IAM::Role")
        .map(([name]) => name)
        .toSorted(),
    ).toEqual(Object.keys(ROLES).toSorted());
  });

  it.each(Object.entries(ROLES))("of %s are exactly these", (role, rights) => {
    const log = `${role.replace(/Role$/, "Log")}.Arn: logs:CreateLogStream logs:PutLogEvents`;
    const all = rights.map((right) => (right === LOGS ? log : right));
    expect(aws.rightsOf(role)).toEqual(all.toSorted());
  });

  it("are taken by one service each, which can be told from others' resources where it says whose they are", () => {
    const trusted = aws.ofType("AWS::IAM::Role").map(([name, { Properties }]) => {
      const { Statement } = Properties["AssumeRolePolicyDocument"] as { Statement: Statement[] };
      return [name, Statement] as const;
    });
    for (const [name, statements] of trusted) {
      const service = /Project/.test(name) ? "codebuild" : /Machine/.test(name) ? "states" : "lambda";
      const condition = { StringEquals: { "aws:SourceAccount": "ACCOUNT" } };
      expect([name, statements]).toEqual([
        name,
        [
          {
            Effect: "Allow",
            Action: "sts:AssumeRole",
            Principal: { Service: `${service}.amazonaws.com` },
            ...(service !== "lambda" && { Condition: condition }),
          },
        ],
      ]);
    }
  });

  it("to take anything from the artifacts bucket or the CDN are of one role only", () => {
    const actions = ["s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutLifecycleConfiguration"];
    const keys = ["greet/1/linux-amd64.gz", "greet/1/2/linux-amd64", "greet/1/provenance.json", "index.html"];
    const may = Object.keys(ROLES).filter(
      (role) =>
        actions.some((action) => keys.some((key) => aws.allows(role, action, `${ARTIFACTS}/${key}`))) ||
        aws.allows(role, "s3:DeleteBucket", ARTIFACTS) ||
        aws.allows(
          role,
          "cloudfront:CreateInvalidation",
          "arn:aws:cloudfront::ACCOUNT:distribution/DeliveryDistribution",
        ),
    );
    expect(may).toEqual(["WithdrawFunctionRole"]);
  });

  it.each([
    ["hide a full binary", "s3:DeleteObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, true],
    ["bring one back", "s3:DeleteObjectVersion", `${ARTIFACTS}/greet/1/linux-amd64.gz`, true],
    ["hide a patch", "s3:DeleteObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, true],
    ["hide a document", "s3:DeleteObject", `${ARTIFACTS}/greet/1/provenance.json`, false],
    ["store anything", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["delete a source", "s3:DeleteObject", `${SOURCES}/sources/greet/1/x.tar.gz`, false],
    ["write the table", "dynamodb:PutItem", TABLE, false],
  ])("let the withdraw function %s or not: %s on %s: %s", (_, action, resource, allowed) => {
    expect(aws.allows("WithdrawFunctionRole", action, resource)).toBe(allowed);
  });

  it.each([
    ["store its release", "greet", "s3:PutObject", `${ARTIFACTS}/greet/20260131.1/linux-amd64.gz`, true],
    [
      "store another command's release",
      "greet",
      "s3:PutObject",
      `${ARTIFACTS}/greet-canary/1/linux-amd64.gz`,
      false,
    ],
    [
      "store the release of the command it is named after",
      "greetcanary",
      "s3:PutObject",
      `${ARTIFACTS}/greet/1/linux-amd64.gz`,
      false,
    ],
    ["store a patch", "greet", "s3:PutObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, false],
    ["store beside the commands", "greet", "s3:PutObject", `${ARTIFACTS}/index.gz`, false],
    ["read artifacts", "greet", "s3:GetObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["delete artifacts", "greet", "s3:DeleteObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["read its source", "greet", "s3:GetObject", `${SOURCES}/sources/greet/1/x.tar.gz`, true],
    [
      "read another command's source",
      "greetcanary",
      "s3:GetObject",
      `${SOURCES}/sources/greet/1/x.tar.gz`,
      false,
    ],
    ["replace its source", "greet", "s3:PutObject", `${SOURCES}/sources/greet/1/x.tar.gz`, false],
    ["read its plan", "greet", "s3:GetObject", `${SOURCES}/plans/greet/run/0.tsv`, true],
    ["write its plan", "greet", "s3:PutObject", `${SOURCES}/plans/greet/run/0.tsv`, false],
    ["write its report", "greet", "s3:PutObject", `${SOURCES}/reports/greet/run/0.tsv`, true],
    [
      "write another command's report",
      "greet",
      "s3:PutObject",
      `${SOURCES}/reports/greet-canary/run/0.tsv`,
      false,
    ],
    ["write the table", "greet", "dynamodb:PutItem", TABLE, false],
  ])("let a build %s or not: %s, %s on %s: %s", (_, cmd, action, resource, allowed) => {
    expect(aws.allows(`Build${cmd}ProjectRole`, action, resource)).toBe(allowed);
  });

  it.each([
    ["store a bill of materials", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.cdx.json`, true],
    ["store a statement", "s3:PutObject", `${ARTIFACTS}/greet/1/provenance.json`, true],
    ["store a full binary", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["store a patch", "s3:PutObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, false],
    ["read a full binary", "s3:GetObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["write the table", "dynamodb:PutItem", TABLE, false],
  ])("let the describe function %s or not: %s on %s: %s", (_, action, resource, allowed) => {
    expect(aws.allows("DescribeFunctionRole", action, resource)).toBe(allowed);
  });

  it.each([
    ["store a bill of materials", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.cdx.json`],
    ["store a statement", "s3:PutObject", `${ARTIFACTS}/greet/1/provenance.json`],
  ])("do not let a build %s: %s on %s", (_, action, resource) => {
    expect(aws.allows("BuildgreetProjectRole", action, resource)).toBe(false);
  });

  it.each([
    ["read its secret", "Sourcegreetcanary", "greet/deploy-key-AbCdEf", true],
    ["read a secret whose name begins alike", "Sourcegreetcanary", "greet/deploy-key-2-AbCdEf", false],
    ["read another command's secret", "Sourcegreet", "greet/deploy-key-AbCdEf", false],
    [
      "read the secret in a build, where foreign code may run",
      "Buildgreetcanary",
      "greet/deploy-key-AbCdEf",
      false,
    ],
  ])("let %s or not: %s on %s: %s", (_, project, secret, allowed) => {
    const action = "secretsmanager:GetSecretValue";
    expect(aws.allows(`${project}ProjectRole`, action, `${SECRETS}:${secret}`)).toBe(allowed);
  });

  it.each([
    ["read a base", "s3:GetObjectVersion", `${ARTIFACTS}/greet/20260131.1/linux-amd64.gz`, true],
    ["store a patch", "s3:PutObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, true],
    ["read it back", "s3:GetObjectVersion", `${ARTIFACTS}/greet/1/2/linux-amd64`, true],
    ["store a full binary", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["store beside the commands", "s3:PutObject", `${ARTIFACTS}/index.html`, false],
    ["delete a patch", "s3:DeleteObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, false],
    ["read sources", "s3:GetObject", `${SOURCES}/sources/greet/1/x.tar.gz`, false],
  ])("let the patch function %s or not: %s on %s: %s", (_, action, resource, allowed) => {
    expect(aws.allows("PatchFunctionRole", action, resource)).toBe(allowed);
  });
});
