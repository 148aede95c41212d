import { readdirSync } from "node:fs";
import { beforeAll, describe, expect, it } from "vitest";
import { fileText } from "../lambda/support.ts";
import { BUCKETS, ENDPOINT, onAws, onLocal, QUEUES, TOPICS } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
let local: Template;
beforeAll(() => {
  aws = onAws();
  local = onLocal();
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

  it.each(TOPICS)("is the only way to %s on AWS", (topic) => {
    expect(aws.policyOf(topic)).toContainEqual(
      expect.objectContaining({
        Effect: "Deny",
        Principal: "*",
        Action: "sns:Publish",
        Resource: topic,
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      }),
    );
  });

  it("is not asked for on the local AWS, which has none", () => {
    const statements = [...BUCKETS, ...QUEUES, ...TOPICS].flatMap((name) => local.policyOf(name));
    expect(statements.length).toBeGreaterThan(0);
    expect(JSON.stringify(statements)).not.toContain("SecureTransport");
  });
});

describe("outputs", () => {
  const SAME = {
    ReleaseMachineArn: "ReleaseMachine",
    PromoteMachineArn: "PromotionMachine",
    ArtifactsBucket: "StorageArtifacts",
    Table: "StorageTable",
    AlertsTopicArn: "AlertsTopic",
    ReleasesTopicArn: "AlertsReleases",
    DistributionDomain: "DeliveryDistribution.DomainName",
    LookPolicyArn: "OperatorLook",
    ReleasePolicyArn: "OperatorRelease",
    PromotePolicyArn: "OperatorPromote",
  };

  it("are these on AWS", () => {
    expect(aws.outputs).toEqual({
      DirectoryUrl: "GatewayApi.ApiEndpoint/",
      ApiUrl: "GatewayApi.ApiEndpoint/",
      ArtifactsUrl: "https://DeliveryDistribution.DomainName/",
      ...SAME,
    });
  });

  it("are these on the local AWS", () => {
    expect(local.outputs).toEqual({
      DirectoryUrl: `${ENDPOINT}/_aws/execute-api/GatewayApi/$default/`,
      ApiUrl: `${ENDPOINT}/_aws/execute-api/GatewayApi/$default/`,
      ArtifactsUrl: `${ENDPOINT}/_aws/cloudfront/DeliveryDistribution.DomainName/`,
      ...SAME,
    });
  });
});

describe("the pages", () => {
  /** Found by other means, which the pages say. */
  const NOT_OUTPUTS = ["DeadLetters", "QuotaCode", "RecordQueue", "SourcesBucket"];
  const pages = readdirSync(new URL("../../docs", import.meta.url))
    .filter((name) => name.endsWith(".md"))
    .map((name) => `docs/${name}`);

  it.each(["README.md", ...pages])("%s asks for nothing by a name that no output has", (page) => {
    const named = new Set([...fileText(page).matchAll(/<([A-Z]\w+)>/g)].map(([, name = ""]) => name));
    const known = [...Object.keys(aws.outputs), ...NOT_OUTPUTS];
    expect([...named].filter((name) => !known.includes(name))).toEqual([]);
  });

  it("send PUTs to the gateway's own URL, for which signatures are, and not to where a domain may lead", () => {
    expect(fileText("docs/registering.md")).toContain('--request PUT --data "$2" "<ApiUrl>$1"');
  });
});

describe("the local AWS", () => {
  it("differs in TLS and the URLs, and, without a domain, in nothing else", () => {
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
