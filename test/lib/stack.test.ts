import { existsSync, readdirSync, readFileSync } from "node:fs";
import { beforeAll, describe, expect, it, vi } from "vitest";
import * as errors from "../../lambda/shared/errors.ts";
import type {
  ExplainEvent,
  PairEvent,
  PatchEvent,
  PlanEvent,
  PublishEvent,
  RequestEvent,
} from "../../lambda/shared/payloads.ts";
import { ENVIRONMENT, type Setting } from "../../lambda/shared/settings.ts";
import type { Config } from "../../lib/config/schema.ts";
import { evaluate } from "./jsonata.ts";
import { type Machine, type State, Template } from "./template.ts";

// Handlers are loaded for what they say about themselves: that takes no compiled addon.
vi.mock("bsdiff-node", () => ({ default: {} }));

const ROOT = new URL("../../", import.meta.url);
const ENDPOINT = "http://127.0.0.1:4566";

const GREET = {
  repository: "https://example.com/greet.git",
  branch: "main",
  mainPackage: "./cmd/greet",
  versionVariable: "main.version",
  directoryUrlVariable: "main.directoryURL",
  artifactsUrlVariable: "main.artifactsURL",
  platforms: ["linux-amd64", "darwin-arm64"],
};
const CONFIG: Config = {
  commands: {
    greet: GREET,
    "greet-canary": {
      repository: "https://example.com/canary.git",
      branch: "canary",
      mainPackage: ".",
      versionVariable: "main.v",
      goVersion: "1.26.8",
      platforms: ["linux-arm64"],
    },
  },
  buildConcurrency: 2,
  patchBases: 5,
  patchConcurrency: 3,
  patchMemoryMegabytes: 2048,
  buildTimeoutMinutes: 30,
  largestBinaryBytes: 1_000_000,
};

let aws: Template;
let local: Template;
beforeAll(() => {
  aws = new Template(CONFIG, { endpointUrl: undefined });
  local = new Template(CONFIG, { endpointUrl: ENDPOINT });
});

const BUCKETS = ["StorageArtifacts", "StorageSources"];
const QUEUES = ["RecordQueue", "RecordDeadLetters"];

describe("the table", () => {
  it("is on demand, keyed by pk and sk, backed up, and never deleted", () => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = aws.resource("StorageTable");
    expect(Properties).toMatchObject({
      BillingMode: "PAY_PER_REQUEST",
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      Replicas: [
        {
          DeletionProtectionEnabled: true,
          PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        },
      ],
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });
});

describe("buckets", () => {
  it("are these two", () => {
    expect(aws.ofType("AWS::S3::Bucket").map(([name]) => name)).toEqual(BUCKETS);
  });

  it.each(BUCKETS)("%s is encrypted, closed to the public, without ACLs, and never deleted", (bucket) => {
    const { Properties, DeletionPolicy, UpdateReplacePolicy } = aws.resource(bucket);
    expect(Properties).toMatchObject({
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [{ ServerSideEncryptionByDefault: { SSEAlgorithm: "AES256" } }],
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: "BucketOwnerEnforced" }] },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
    });
    expect([DeletionPolicy, UpdateReplacePolicy]).toEqual(["Retain", "Retain"]);
  });

  it("are open to nobody but CloudFront, and only for this distribution to read artifacts", () => {
    const allowed = BUCKETS.flatMap((bucket) => aws.policyOf(bucket)).filter(
      ({ Effect }) => Effect === "Allow",
    );
    expect(allowed).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "cloudfront.amazonaws.com" },
        Action: "s3:GetObject",
        Resource: "StorageArtifacts.Arn/*",
        Condition: {
          StringEquals: { "AWS:SourceArn": "arn:aws:cloudfront::ACCOUNT:distribution/DeliveryDistribution" },
        },
      },
    ]);
  });

  it("keep every version of an artifact for ever", () => {
    const { VersioningConfiguration, LifecycleConfiguration } = aws.properties("StorageArtifacts");
    expect(VersioningConfiguration).toEqual({ Status: "Enabled" });
    expect(LifecycleConfiguration).toBeUndefined();
  });

  it("forget sources, plans and reports after 90 days", () => {
    expect(aws.properties("StorageSources")["LifecycleConfiguration"]).toEqual({
      Rules: [
        {
          Status: "Enabled",
          ExpirationInDays: 90,
          AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
        },
      ],
    });
  });

  it("refuse everybody's put of an artifact that does not say `only if absent`", () => {
    for (const template of [aws, local]) {
      expect(template.policyOf("StorageArtifacts")).toContainEqual({
        Sid: "WriteOnce",
        Effect: "Deny",
        Principal: { AWS: "*" },
        Action: "s3:PutObject",
        Resource: "StorageArtifacts.Arn/*",
        Condition: { Null: { "s3:if-none-match": "true" }, Bool: { "s3:ObjectCreationOperation": "true" } },
      });
    }
  });
});

describe("TLS", () => {
  const withoutTls = (service: string, resource: string | string[]) => ({
    Effect: "Deny",
    Principal: { AWS: "*" },
    Action: `${service}:*`,
    Resource: resource,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });

  it.each(BUCKETS)("is the only way to %s on AWS", (bucket) => {
    expect(aws.policyOf(bucket)).toContainEqual(withoutTls("s3", [`${bucket}.Arn`, `${bucket}.Arn/*`]));
  });

  it.each(QUEUES)("is the only way to %s on AWS", (queue) => {
    expect(aws.policyOf(queue)).toContainEqual(withoutTls("sqs", `${queue}.Arn`));
  });

  it("is not asked for on the local AWS, which has none", () => {
    const statements = [...BUCKETS, ...QUEUES].flatMap((name) => local.policyOf(name));
    expect(statements.length).toBeGreaterThan(0);
    expect(JSON.stringify(statements)).not.toContain("SecureTransport");
  });
});

describe("delivery", () => {
  const behavior = (template: Template) =>
    (template.properties("DeliveryDistribution")["DistributionConfig"] as Record<string, unknown>)[
      "DefaultCacheBehavior"
    ];

  it("never compresses, which would add Content-Encoding", () => {
    for (const template of [aws, local]) expect(behavior(template)).toMatchObject({ Compress: false });
  });

  it("is by HTTPS only on AWS, and by both on the local AWS", () => {
    expect(behavior(aws)).toMatchObject({ ViewerProtocolPolicy: "https-only" });
    expect(behavior(local)).toMatchObject({ ViewerProtocolPolicy: "allow-all" });
  });

  it("reads the artifacts bucket under its own signature", () => {
    expect(aws.properties("DeliveryDistribution")["DistributionConfig"]).toMatchObject({
      Enabled: true,
      Origins: [{ DomainName: "StorageArtifacts.RegionalDomainName" }],
    });
    expect(Object.values(aws.resources)).toContainEqual(
      expect.objectContaining({
        Type: "AWS::CloudFront::OriginAccessControl",
        Properties: {
          OriginAccessControlConfig: expect.objectContaining({
            SigningBehavior: "always",
            SigningProtocol: "sigv4",
          }),
        },
      }),
    );
  });
});

describe("recording", () => {
  it("is told by S3 of every new object whose key ends in .gz, and of no other", () => {
    expect(aws.properties("StorageArtifactsNotifications")).toMatchObject({
      BucketName: "StorageArtifacts",
      NotificationConfiguration: {
        QueueConfigurations: [
          {
            Events: ["s3:ObjectCreated:*"],
            Filter: { Key: { FilterRules: [{ Name: "suffix", Value: ".gz" }] } },
            QueueArn: "RecordQueue.Arn",
          },
        ],
      },
    });
    expect(aws.ofType("Custom::S3BucketNotifications")).toHaveLength(1);
  });

  it("accepts only this bucket's events", () => {
    expect(aws.policyOf("RecordQueue").filter(({ Effect }) => Effect === "Allow")).toEqual([
      {
        Effect: "Allow",
        Principal: { Service: "s3.amazonaws.com" },
        Action: ["sqs:GetQueueAttributes", "sqs:GetQueueUrl", "sqs:SendMessage"],
        Resource: "RecordQueue.Arn",
        Condition: { ArnLike: { "aws:SourceArn": "StorageArtifacts.Arn" } },
      },
    ]);
  });

  it("keeps messages that fail again and again in a dead-letter queue", () => {
    expect(aws.properties("RecordQueue")).toMatchObject({
      SqsManagedSseEnabled: true,
      RedrivePolicy: { deadLetterTargetArn: "RecordDeadLetters.Arn", maxReceiveCount: 10 },
    });
    expect(aws.properties("RecordDeadLetters")).toMatchObject({
      SqsManagedSseEnabled: true,
      MessageRetentionPeriod: 14 * 24 * 3600,
    });
  });

  it("takes one message a call, and the queue waits for the call's end", () => {
    expect(aws.ofType("AWS::Lambda::EventSourceMapping").map(([, { Properties }]) => Properties)).toEqual([
      {
        BatchSize: 1,
        EventSourceArn: "RecordQueue.Arn",
        FunctionName: "RecordFunction",
        FunctionResponseTypes: ["ReportBatchItemFailures"],
        ScalingConfig: { MaximumConcurrency: 2 },
      },
    ]);
    const visibility = Number(aws.properties("RecordQueue")["VisibilityTimeout"]);
    expect(visibility).toBeGreaterThanOrEqual(Number(aws.properties("RecordFunction")["Timeout"]));
    // A message that failed three times is back while `pair` still waits.
    expect(3 * visibility).toBeLessThanOrEqual(300);
  });
});

describe("the directory", () => {
  it("gets every request of its HTTP API, without a log-in", () => {
    const routes = aws.ofType("AWS::ApiGatewayV2::Route").map(([, { Properties }]) => Properties);
    expect(routes).toEqual([expect.objectContaining({ RouteKey: "$default", AuthorizationType: "NONE" })]);
    expect(aws.ofType("AWS::ApiGatewayV2::Integration").map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ IntegrationUri: "DirectoryFunction.Arn", PayloadFormatVersion: "2.0" }),
    ]);
  });
});

describe("outputs", () => {
  const SAME = {
    ReleaseMachineArn: "ReleaseMachine",
    ArtifactsBucket: "StorageArtifacts",
    Table: "StorageTable",
  };

  it("are these on AWS", () => {
    expect(aws.outputs).toEqual({
      DirectoryUrl: "DirectoryApi.ApiEndpoint/",
      ArtifactsUrl: "https://DeliveryDistribution.DomainName/",
      ...SAME,
    });
  });

  it("are these on the local AWS", () => {
    expect(local.outputs).toEqual({
      DirectoryUrl: `${ENDPOINT}/_aws/execute-api/DirectoryApi/$default/`,
      ArtifactsUrl: `${ENDPOINT}/_aws/cloudfront/DeliveryDistribution.DomainName/`,
      ...SAME,
    });
  });
});

describe("the local AWS", () => {
  it("differs in TLS and the two URLs, and in nothing else", () => {
    const common = ({ resources, outputs }: Template) => {
      let text = JSON.stringify(resources, (_, value) =>
        Array.isArray(value)
          ? value.filter((item) => item?.Condition?.Bool?.["aws:SecureTransport"] !== "false")
          : value,
      ).replaceAll(/"ViewerProtocolPolicy":"[\w-]+"/g, '"ViewerProtocolPolicy":"ANY"');
      for (const name of ["DirectoryUrl", "ArtifactsUrl"])
        text = text.replaceAll(String(outputs[name]), name);
      const found = Object.entries(JSON.parse(text) as Template["resources"]);
      const isEmptyPolicy = ({ Properties }: Template["resources"][string]) =>
        (Properties["PolicyDocument"] as { Statement?: unknown[] } | undefined)?.Statement?.length === 0;
      return Object.fromEntries(found.filter(([, resource]) => !isEmptyPolicy(resource)));
    };
    expect(common(local)).toEqual(common(aws));
  });
});

describe("functions", () => {
  /** The steps whose folder has a handler. */
  const STEPS = readdirSync(new URL("lambda", ROOT)).filter((step) =>
    existsSync(new URL(`lambda/${step}/handler.ts`, ROOT)),
  );
  const functionOf = (step: string) => `${step.charAt(0).toUpperCase()}${step.slice(1)}Function`;

  it("are one for each handler", () => {
    const names = aws.ofType("AWS::Lambda::Function").map(([name]) => name);
    expect(names.toSorted()).toEqual(STEPS.map(functionOf).toSorted());
  });

  it.each(STEPS)("%s runs on Node 24 and keeps its log for three months", (step) => {
    const properties = aws.properties(functionOf(step));
    expect(properties).toMatchObject({
      Runtime: "nodejs24.x",
      Architectures: ["x86_64"],
      Handler: "index.handler",
    });
    const { LogGroup } = properties["LoggingConfig"] as { LogGroup: string };
    expect(aws.properties(LogGroup)["RetentionInDays"]).toBe(90);
  });

  it.each(STEPS)("%s is given exactly the settings that its handler reads", async (step) => {
    for (const name of Object.values(ENVIRONMENT)) vi.stubEnv(name, "1");
    vi.stubEnv("AWS_REGION", "eu-west-1");
    const { SETTINGS = [] } = (await import(`../../lambda/${step}/handler.ts`)) as { SETTINGS?: Setting[] };
    vi.unstubAllEnvs();

    const { Variables } = aws.properties(functionOf(step))["Environment"] as {
      Variables: Record<string, string>;
    };
    const given = Object.keys(Variables).filter((name) => name !== "NODE_OPTIONS");
    expect(given.toSorted()).toEqual(SETTINGS.map((setting) => ENVIRONMENT[setting]).toSorted());
  });

  it.each([
    ["table", "StorageTable"],
    ["artifactsBucket", "StorageArtifacts"],
    ["sourcesBucket", "StorageSources"],
    ["artifactsUrl", "https://DeliveryDistribution.DomainName/"],
    ["recordQueueUrl", "RecordQueue"],
    ["buildConcurrency", "2"],
    ["patchBases", "5"],
    ["largestBinaryBytes", "1000000"],
  ] as const)("have the right %s wherever they have one", (setting, value) => {
    const values = aws.ofType("AWS::Lambda::Function").flatMap(([, { Properties }]) => {
      const { Variables } = Properties["Environment"] as { Variables: Record<string, string> };
      return Variables[ENVIRONMENT[setting]] ?? [];
    });
    expect(values.length).toBeGreaterThan(0);
    expect(new Set(values)).toEqual(new Set([value]));
  });

  it("give patches the configured memory, Lambda's longest time, and room for four binaries", () => {
    expect(aws.properties("PatchFunction")).toMatchObject({
      MemorySize: 2048,
      Timeout: 15 * 60,
      EphemeralStorage: { Size: 512 },
    });
  });
});

describe("builds", () => {
  const PROJECTS = [
    "SourcegreetProject",
    "BuildgreetProject",
    "SourcegreetcanaryProject",
    "BuildgreetcanaryProject",
  ];
  const environmentOf = (project: string, template = aws) => {
    const { EnvironmentVariables } = template.properties(project)["Environment"] as {
      EnvironmentVariables: { Name: string; Value: string }[];
    };
    return Object.fromEntries(EnvironmentVariables.map(({ Name, Value }) => [Name, Value]));
  };

  it("are two projects for each command", () => {
    expect(aws.ofType("AWS::CodeBuild::Project").map(([name]) => name)).toEqual(PROJECTS);
  });

  it.each(PROJECTS)("%s runs a script of buildspec/ in a clean container", (project) => {
    const properties = aws.properties(project);
    expect(properties).toMatchObject({
      Artifacts: { Type: "NO_ARTIFACTS" },
      Cache: { Type: "NO_CACHE" },
      TimeoutInMinutes: 30,
      Environment: { PrivilegedMode: false, Type: "LINUX_CONTAINER" },
      Source: { Type: "S3", BuildSpec: project.startsWith("Source") ? "source.yml" : "build.yml" },
      ServiceRole: `${project}Role.Arn`,
    });
    const { CloudWatchLogs } = properties["LogsConfig"] as { CloudWatchLogs: { GroupName: string } };
    expect(aws.properties(CloudWatchLogs.GroupName)["RetentionInDays"]).toBe(90);
  });

  it.each(PROJECTS)("%s is given exactly the variables that its script reads", (project) => {
    const read = (file: string) => readFileSync(new URL(`buildspec/${file}`, ROOT), "utf8");
    const { BuildSpec } = aws.properties(project)["Source"] as { BuildSpec: string };
    const [, script = ""] = /bash (\w+\.sh)/.exec(read(BuildSpec)) ?? [];
    const names = new Set(`${read(script)}${read("common.sh")}`.match(/(?<=\$\{?)HKDIST_\w+/g));
    expect(names.size).toBeGreaterThan(5);
    expect(Object.keys(environmentOf(project)).toSorted()).toEqual([...names].toSorted());
  });

  it("are told what the configuration says", () => {
    expect(environmentOf("SourcegreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_REPOSITORY: "https://example.com/greet.git",
      HKDIST_BRANCH: "main",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_PLATFORMS: "linux-amd64 darwin-arm64",
      HKDIST_GO_VERSION: "",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_TAG: "",
    });
    expect(environmentOf("BuildgreetProject")).toEqual({
      HKDIST_COMMAND: "greet",
      HKDIST_MAIN_PACKAGE: "./cmd/greet",
      HKDIST_VERSION_VARIABLE: "main.version",
      HKDIST_DIRECTORY_URL_VARIABLE: "main.directoryURL",
      HKDIST_DIRECTORY_URL: "DirectoryApi.ApiEndpoint/",
      HKDIST_ARTIFACTS_URL_VARIABLE: "main.artifactsURL",
      HKDIST_ARTIFACTS_URL: "https://DeliveryDistribution.DomainName/",
      HKDIST_SOURCES_BUCKET: "StorageSources",
      HKDIST_ARTIFACTS_BUCKET: "StorageArtifacts",
      HKDIST_PLAN_KEY: "",
    });
    expect(environmentOf("SourcegreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_REPOSITORY: "https://example.com/canary.git",
      HKDIST_BRANCH: "canary",
      HKDIST_PLATFORMS: "linux-arm64",
      HKDIST_GO_VERSION: "1.26.8",
    });
    expect(environmentOf("BuildgreetcanaryProject")).toMatchObject({
      HKDIST_COMMAND: "greet-canary",
      HKDIST_MAIN_PACKAGE: ".",
      HKDIST_VERSION_VARIABLE: "main.v",
      HKDIST_DIRECTORY_URL_VARIABLE: "",
      HKDIST_ARTIFACTS_URL_VARIABLE: "",
    });
  });

  it("carry the local AWS's URLs when they run there", () => {
    expect(environmentOf("BuildgreetProject", local)).toMatchObject({
      HKDIST_DIRECTORY_URL: local.outputs["DirectoryUrl"],
      HKDIST_ARTIFACTS_URL: local.outputs["ArtifactsUrl"],
    });
  });
});

describe("rights", () => {
  const TABLE = "StorageTable.Arn";
  const ARTIFACTS = "StorageArtifacts.Arn";
  const SOURCES = "StorageSources.Arn";
  const LOGS = "managed policy AWSLambdaBasicExecutionRole";
  const PROJECTS = ["Buildgreet", "Buildgreetcanary", "Sourcegreet", "Sourcegreetcanary"];

  /** What every build needs: its scripts and its log. */
  const build = (project: string) => {
    const assets = "cdk-hnb659fds-assets-ACCOUNT-REGION";
    const log = `arn:aws:logs:REGION:ACCOUNT:log-group:/aws/codebuild/${project}`;
    return [
      `arn:aws:s3:::${assets}: s3:GetBucket* s3:GetObject* s3:List*`,
      `arn:aws:s3:::${assets}/HASH.zip: s3:GetBucket* s3:GetObject* s3:List*`,
      `${project}Log.Arn: logs:CreateLogStream logs:PutLogEvents`,
      `${log}: logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`,
      `${log}:*: logs:CreateLogGroup logs:CreateLogStream logs:PutLogEvents`,
    ];
  };

  const ROLES: Record<string, string[]> = {
    RequestFunctionServiceRole: [LOGS, `${TABLE}: dynamodb:GetItem dynamodb:Query`],
    PlanFunctionServiceRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike source#*: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject`,
      `${SOURCES}/plans/*: s3:PutObject`,
      "RecordQueue.Arn: sqs:SendMessage",
    ],
    RecordFunctionServiceRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringEquals artifact|refused: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*: s3:GetObject s3:GetObjectVersion`,
      "RecordQueue.Arn: sqs:ChangeMessageVisibility sqs:DeleteMessage sqs:GetQueueAttributes sqs:GetQueueUrl sqs:ReceiveMessage",
    ],
    PairFunctionServiceRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject`,
      `${SOURCES}: s3:ListBucket`,
      `${SOURCES}/reports/*: s3:GetObject`,
    ],
    PatchFunctionServiceRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike patch#*: dynamodb:PutItem`,
      `${ARTIFACTS}: s3:ListBucket`,
      `${ARTIFACTS}/*.gz: s3:GetObject s3:GetObjectVersion`,
      `${ARTIFACTS}/*/*/*/*: s3:GetObject s3:GetObjectVersion s3:PutObject`,
    ],
    PublishFunctionServiceRole: [
      LOGS,
      `${TABLE}: dynamodb:GetItem dynamodb:Query`,
      `${TABLE} if dynamodb:LeadingKeys ForAllValues:StringLike current|history#*: dynamodb:PutItem`,
    ],
    ExplainFunctionServiceRole: [
      LOGS,
      ...PROJECTS.map((name) => `${name}Project.Arn: codebuild:BatchGetBuilds`),
    ],
    DirectoryFunctionServiceRole: [LOGS, `${TABLE}: dynamodb:GetItem dynamodb:Query`],
    SourcegreetProjectRole: [...build("SourcegreetProject"), `${SOURCES}/sources/greet/*: s3:PutObject`],
    SourcegreetcanaryProjectRole: [
      ...build("SourcegreetcanaryProject"),
      `${SOURCES}/sources/greet-canary/*: s3:PutObject`,
    ],
    BuildgreetProjectRole: [
      ...build("BuildgreetProject"),
      `${SOURCES}/sources/greet/*: s3:GetObject`,
      `${SOURCES}/plans/greet/*: s3:GetObject`,
      `${SOURCES}/reports/greet/*: s3:PutObject`,
      `${ARTIFACTS}/greet/*/*.gz: s3:PutObject`,
    ],
    BuildgreetcanaryProjectRole: [
      ...build("BuildgreetcanaryProject"),
      `${SOURCES}/sources/greet-canary/*: s3:GetObject`,
      `${SOURCES}/plans/greet-canary/*: s3:GetObject`,
      `${SOURCES}/reports/greet-canary/*: s3:PutObject`,
      `${ARTIFACTS}/greet-canary/*/*.gz: s3:PutObject`,
    ],
    ReleaseMachineRole: [
      ...["Explain", "Pair", "Patch", "Plan", "Publish", "Request"].flatMap((step) => [
        `${step}Function.Arn: lambda:InvokeFunction`,
        `${step}Function.Arn:*: lambda:InvokeFunction`,
      ]),
      ...PROJECTS.map(
        (name) => `${name}Project.Arn: codebuild:BatchGetBuilds codebuild:StartBuild codebuild:StopBuild`,
      ),
      "arn:aws:events:REGION:ACCOUNT:rule/StepFunctionsGetEventForCodeBuildStartBuildRule: " +
        "events:DescribeRule events:PutRule events:PutTargets",
      // Log delivery cannot be limited: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
      "*: logs:CreateLogDelivery logs:DeleteLogDelivery logs:DescribeLogGroups logs:DescribeResourcePolicies " +
        "logs:GetLogDelivery logs:ListLogDeliveries logs:PutResourcePolicy logs:UpdateLogDelivery",
    ],
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
    expect(aws.rightsOf(role)).toEqual(rights.toSorted());
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
    ["read a base", "s3:GetObjectVersion", `${ARTIFACTS}/greet/20260131.1/linux-amd64.gz`, true],
    ["store a patch", "s3:PutObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, true],
    ["read it back", "s3:GetObjectVersion", `${ARTIFACTS}/greet/1/2/linux-amd64`, true],
    ["store a full binary", "s3:PutObject", `${ARTIFACTS}/greet/1/linux-amd64.gz`, false],
    ["store beside the commands", "s3:PutObject", `${ARTIFACTS}/index.html`, false],
    ["delete a patch", "s3:DeleteObject", `${ARTIFACTS}/greet/1/2/linux-amd64`, false],
    ["read sources", "s3:GetObject", `${SOURCES}/sources/greet/1/x.tar.gz`, false],
  ])("let the patch function %s or not: %s on %s: %s", (_, action, resource, allowed) => {
    expect(aws.allows("PatchFunctionServiceRole", action, resource)).toBe(allowed);
  });
});

describe("the release machine", () => {
  let machine: Machine;
  /** Every state by name, those inside the Maps too. */
  let states: Record<string, State>;
  beforeAll(() => {
    machine = aws.machine("ReleaseMachine");
    const inside = Object.values(machine.States).map(({ ItemProcessor }) => ItemProcessor?.States ?? {});
    states = Object.assign({}, machine.States, ...inside);
  });

  const state = (name: string): State => {
    const found = states[name];
    if (found === undefined) throw new Error(`no state ${name} among ${Object.keys(states).join(", ")}`);
    return found;
  };

  /** The states that a release goes through when nothing fails; `take` tells how choices are decided. */
  function way(take: Record<string, "first" | "default">): string[] {
    const names: string[] = [];
    for (let name: string | undefined = machine.StartAt; name !== undefined; ) {
      names.push(name);
      const { Type, Next, Default, Choices } = state(name);
      name = Type === "Choice" ? (take[name] === "first" ? Choices?.[0]?.Next : Default) : Next;
    }
    return names;
  }

  it.each([
    [
      "builds and publishes",
      { IsRecorded: "default", IsToBePublished: "first" },
      "Request IsRecorded Source Plan Build Pair Patch IsToBePublished Publish Released",
    ],
    [
      "builds nothing when all is recorded",
      { IsRecorded: "first", IsToBePublished: "first" },
      "Request IsRecorded Pair Patch IsToBePublished Publish Released",
    ],
    [
      "publishes nothing when that is asked for",
      { IsRecorded: "default", IsToBePublished: "default" },
      "Request IsRecorded Source Plan Build Pair Patch IsToBePublished Unpublished Released",
    ],
  ] as const)("%s", (_, take, names) => expect(way(take).join(" ")).toBe(names));

  it("decides by the checked request", () => {
    expect(state("IsRecorded").Choices).toEqual([
      {
        Condition: "{% $request.recorded %}",
        Assign: { plan: { version: "{% $request.version %}", batches: [] } },
        Next: "Pair",
      },
    ]);
    expect(state("IsToBePublished").Choices).toEqual([
      { Condition: "{% $request.publish %}", Next: "Publish" },
    ]);
  });

  it("speaks JSONata in every state", () => {
    expect(machine["QueryLanguage"]).toBe("JSONata");
    for (const { QueryLanguage = "JSONata" } of Object.values(states)) expect(QueryLanguage).toBe("JSONata");
  });

  it("ends: no execution runs for ever", () => expect(machine["TimeoutSeconds"]).toBe(12 * 3600));

  it("takes every failure to Failed, a build's by way of its explanation, but not one patch's", () => {
    const catches = Object.entries(states)
      .filter(([, { Type }]) => Type === "Task" || Type === "Map")
      .map(([name, { Catch = [] }]) => [
        name,
        Catch.map(({ ErrorEquals, Next }) => `${ErrorEquals} -> ${Next}`),
      ]);
    expect(Object.fromEntries(catches)).toEqual({
      Request: ["States.ALL -> Failed"],
      Source: ["States.ALL -> ExplainSource"],
      ExplainSource: ["States.ALL -> Failed"],
      Plan: ["States.ALL -> Failed"],
      Build: ["States.ALL -> Failed"],
      BuildBatch: ["States.ALL -> ExplainBuild"],
      ExplainBuild: [], // inside the Map, whose failure is caught
      Pair: ["States.ALL -> Failed"],
      Patch: ["States.ALL -> Failed"],
      MakePatch: ["States.ALL -> PatchFailed"],
      Publish: ["States.ALL -> Failed"],
    });
    expect(Object.keys(machine.States["Build"]?.ItemProcessor?.States ?? {})).toEqual([
      "BuildBatch",
      "ExplainBuild",
    ]);
    expect(Object.keys(machine.States["Patch"]?.ItemProcessor?.States ?? {})).toEqual([
      "MakePatch",
      "PatchFailed",
    ]);
  });

  it("ends in Failed or Released only", () => {
    const ends = Object.entries(machine.States).filter(
      ([, { Next, Type }]) => Next === undefined && Type !== "Choice",
    );
    // ExplainSource never returns: it always throws.
    expect(ends.map(([name]) => name).toSorted()).toEqual(["ExplainSource", "Failed", "Released"]);
    expect(state("Failed").Type).toBe("Fail");
  });

  it("ends a pair with a result, whether its patch was made or not", () => {
    const ends = ["MakePatch", "PatchFailed"].map((name) => [state(name).Type, state(name).End]);
    expect(ends).toEqual([
      ["Task", true],
      ["Pass", true],
    ]);
  });

  it("keeps a failure in the variable that the next state reads", () => {
    for (const [name, { Catch = [] }] of Object.entries(states)) {
      for (const { Next, Assign } of Catch) {
        // What becomes of a patch is the Map's result, not the release's.
        if (name === "MakePatch") {
          expect(Assign).toBeUndefined();
          continue;
        }
        const [variable = ""] = Object.keys(Assign ?? {});
        expect(Assign, name).toEqual({ [variable]: "{% $states.errorOutput %}" });
        expect(JSON.stringify(states[Next]), name).toMatch(new RegExp(`\\$${variable}\\b`));
      }
    }
  });

  it("reads no variable that nothing assigns", () => {
    const assigned = new Set(
      Object.values(states).flatMap(({ Assign, Catch = [], Choices = [] }) =>
        [Assign, ...Catch.map((item) => item.Assign), ...Choices.map((item) => item.Assign)].flatMap((item) =>
          Object.keys(item ?? {}),
        ),
      ),
    );
    const read = JSON.stringify(states).match(/(?<=\$)[a-z]\w*\b(?!\()/gi) ?? [];
    expect(new Set(read.filter((name) => name !== "states"))).toEqual(assigned);
  });

  describe("retries", () => {
    const LAMBDA = [
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.TooManyRequestsException",
    ];
    const CODEBUILD = [
      "CodeBuild.AccountLimitExceededException",
      "CodeBuild.CodeBuildException",
      "CodeBuild.SdkClientException",
    ];

    it.each([
      ["Request", [LAMBDA]],
      ["Source", [CODEBUILD]],
      ["ExplainSource", [LAMBDA]],
      ["Plan", [LAMBDA]],
      ["BuildBatch", [CODEBUILD]],
      ["ExplainBuild", [LAMBDA]],
      ["Pair", [LAMBDA, ["NotRecordedYetError"]]],
      ["MakePatch", [LAMBDA]],
      ["Publish", [LAMBDA, ["ConcurrentPublishError"]]],
    ])("of %s are of these errors", (name, retried) => {
      expect(state(name).Retry?.map(({ ErrorEquals }) => ErrorEquals)).toEqual(retried);
    });

    it("and the names in expressions are of errors that our code throws", () => {
      const own = Object.values(states)
        .flatMap(({ Retry = [] }) => Retry.flatMap(({ ErrorEquals }) => ErrorEquals))
        .filter((name) => !name.includes("."));
      const inFailed = JSON.stringify(state("Failed")).match(/(?<== ')\w+(?=')/g) ?? [];
      expect(own.length).toBeGreaterThan(0);
      expect(inFailed).toEqual(["NotRecordedYetError"]);
      for (const name of [...own, ...inFailed]) expect(Object.keys(errors)).toContain(name);
    });

    it("wait for records almost 5 minutes, and not longer", () => {
      const retry = state("Pair").Retry?.find(({ ErrorEquals }) =>
        ErrorEquals.includes("NotRecordedYetError"),
      );
      const {
        IntervalSeconds = 0,
        MaxAttempts = 0,
        BackoffRate = 2,
        MaxDelaySeconds = Infinity,
      } = retry ?? {};
      const waits = Array.from({ length: MaxAttempts }, (_, n) =>
        Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds),
      );
      const seconds = waits.reduce((sum, wait) => sum + wait, 0);
      expect(seconds).toBeLessThanOrEqual(300);
      expect(seconds).toBeGreaterThan(270);
      expect(waits[0]).toBeLessThanOrEqual(1);
    });
  });

  describe("hands each function what its handler reads", () => {
    // The compiler holds these tables against the types that the handlers take.
    const request: Record<keyof RequestEvent, unknown> = {
      input: "{% $states.input %}",
      commands: {
        greet: {
          platforms: ["linux-amd64", "darwin-arm64"],
          sourceProject: "SourcegreetProject",
          buildProject: "BuildgreetProject",
        },
        "greet-canary": {
          platforms: ["linux-arm64"],
          sourceProject: "SourcegreetcanaryProject",
          buildProject: "BuildgreetcanaryProject",
        },
      },
    };
    const execution = "{% { 'name': $states.context.Execution.Name, 'arn': $states.context.Execution.Id } %}";
    const plan: Record<keyof PlanEvent, unknown> = {
      request: "{% $request %}",
      execution,
      exported: "{% $states.input.Build.ExportedEnvironmentVariables %}",
    };
    const pair: Record<keyof PairEvent, unknown> = { request: "{% $request %}", plan: "{% $plan %}" };
    const patch: Record<keyof PatchEvent, unknown> = {
      cmd: "{% $request.cmd %}",
      version: "{% $plan.version %}",
      pair: "{% $states.input.pair %}",
    };
    const publish: Record<keyof PublishEvent, unknown> = {
      request: "{% $request %}",
      plan: "{% $plan %}",
      execution,
    };
    const explain = (step: ExplainEvent["step"], failure: string): Record<keyof ExplainEvent, unknown> => ({
      step,
      cmd: "{% $request.cmd %}",
      failure: `{% $${failure} %}`,
    });

    it.each([
      ["Request", "Request", request],
      ["Plan", "Plan", plan],
      ["Pair", "Pair", pair],
      ["MakePatch", "Patch", patch],
      ["Publish", "Publish", publish],
      ["ExplainSource", "Explain", explain("source", "failure")],
      ["ExplainBuild", "Explain", explain("build", "buildFailure")],
    ])("%s", (name, step, payload) => {
      expect(state(name)).toMatchObject({
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments: { FunctionName: `${step}Function.Arn` },
        Output: "{% $states.result.Payload %}",
      });
      expect(state(name).Arguments?.Payload).toEqual(payload);
    });

    it.each([
      ["Request", "request"],
      ["Plan", "plan"],
      ["Pair", "paired"],
      ["Publish", "published"],
    ])("and keeps what %s returns as $%s", (name, variable) => {
      expect(state(name).Assign).toEqual({ [variable]: "{% $states.result.Payload %}" });
    });
  });

  it.each([
    ["Source", "sourceProject", "HKDIST_TAG", "$request.tag"],
    ["BuildBatch", "buildProject", "HKDIST_PLAN_KEY", "$states.input.planKey"],
  ])("%s runs the command's %s to its end, with %s", (name, project, variable, value) => {
    expect(state(name)).toMatchObject({
      Resource: "arn:aws:states:::codebuild:startBuild.sync",
      Arguments: {
        ProjectName: `{% $request.${project} %}`,
        EnvironmentVariablesOverride: [{ Name: variable, Type: "PLAINTEXT", Value: `{% ${value} %}` }],
      },
    });
  });

  it("builds the plan's batches, as many at once as configured", () => {
    expect(state("Build")).toMatchObject({
      Type: "Map",
      Items: "{% $plan.batches %}",
      ItemSelector: { planKey: "{% $states.context.Map.Item.Value.planKey %}" },
      MaxConcurrency: 2,
    });
  });

  it("makes the patches that Pair wants, as many at once as configured, and keeps what became of them", () => {
    expect(state("Patch")).toMatchObject({
      Type: "Map",
      Items: "{% $paired.pairs %}",
      ItemSelector: { pair: "{% $states.context.Map.Item.Value %}" },
      MaxConcurrency: 3,
      Assign: { patches: "{% $states.result %}" },
    });
  });

  describe("says of a failure", () => {
    const STACK = JSON.stringify({
      errorType: "SomeError",
      errorMessage: "what a person reads",
      trace: ["at makePatch"],
    });
    const NO_CAUSE = "no cause given: see the execution history";
    const value = (answer: unknown) => (answer as { value?: unknown }).value ?? answer;

    it.each([
      ["its name and message", { Error: "SomeError", Cause: STACK }, "SomeError", "what a person reads"],
      ["its cause as it is, when it is no document", { Error: "X", Cause: "in words" }, "X", "in words"],
      [
        "after five minutes of waiting, that it was not recorded",
        { Error: "NotRecordedYetError", Cause: STACK },
        "ArtifactNotRecordedError",
        "what a person reads",
      ],
      ["something, when it has no name", { Cause: "in words" }, "States.TaskFailed", "in words"],
      ["something, when it has no cause", { Error: "States.Timeout" }, "States.Timeout", NO_CAUSE],
      ["something, when it has neither", {}, "States.TaskFailed", NO_CAUSE],
    ])("%s", (_, failure, error, cause) => {
      const expressions = [state("Failed")["Error"], state("Failed")["Cause"]].map(String);
      const answers = evaluate(expressions.map((expression) => ({ expression, variables: { failure } })));
      expect(answers.map(value)).toEqual([error, cause]);
    });

    it.each([
      ["its message", { Error: "SomeError", Cause: STACK }, "what a person reads"],
      ["its cause as it is, when it is no document", { Error: "X", Cause: "in words" }, "in words"],
      ["something, when it has no cause", { Error: "States.Timeout" }, NO_CAUSE],
    ])("to make one patch, in the pair's result, %s", (_, errorOutput, reason) => {
      const pair = { platform: "linux-amd64", from: "20260101" };
      const caught = Object.entries(state("MakePatch").Catch?.[0]?.Output ?? {});
      const variables = { states: { input: { pair }, errorOutput } };
      const values = evaluate(caught.map(([, text]) => ({ expression: String(text), variables }))).map(value);
      const input = Object.fromEntries(caught.map(([name], index) => [name, values[index]]));
      const [result] = evaluate([
        { expression: String(state("PatchFailed").Output), variables: { states: { input } } },
      ]);
      expect(result).toEqual({ value: { ...pair, outcome: "failed", reason } });
    });
  });

  it("tells what was released", () => {
    expect(state("Released").Output).toEqual({
      cmd: "{% $request.cmd %}",
      version: "{% $plan.version %}",
      artifacts: "{% $paired.artifacts %}",
      patches: "{% $patches %}",
      published: "{% $published %}",
    });
    expect(state("Unpublished").Assign).toEqual({ published: false });
  });
});
