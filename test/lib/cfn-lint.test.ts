import { expect, it } from "vitest";
import { CONFIGURATIONS, synthesize } from "./assembly.ts";
import { lint } from "./cfn-lint.ts";
import { CONFIG } from "./stages.ts";

/** What we do not mend, and why. */
const IGNORED: { [rule: string]: string } = {
  I1022: "CDK writes Fn::Join where a person would write Fn::Sub; CloudFormation does not mind.",
  W3005: "CDK makes things wait for a role's policies and names the role with them; once more does no harm.",
};

it.each(Object.entries(CONFIGURATIONS))("finds nothing to mend with %s", (_, config) => {
  const findings = lint(synthesize(config).template);
  expect(findings.filter(({ rule }) => !(rule in IGNORED)).map(({ text }) => text)).toEqual([]);
  const found = new Set(findings.map(({ rule }) => rule));
  expect(Object.keys(IGNORED).filter((rule) => !found.has(rule))).toEqual([]);
});

it("finds what is spoiled", () => {
  const { template } = synthesize(CONFIG);
  const all = Object.values(template.Resources);
  const spoil = (type: string, properties: Record<string, unknown>) => {
    const resource = all.find(({ Type }) => Type === type);
    if (resource === undefined) throw new Error(`no ${type}`);
    resource.Properties = { ...resource.Properties, ...properties };
  };
  spoil("AWS::S3::Bucket", { Nonsense: true });
  spoil("AWS::SQS::Queue", { VisibilityTimeout: "long" });
  spoil("AWS::Lambda::Function", { Runtime: "nodejs12.x", Role: { "Fn::GetAtt": ["Nobody", "Arn"] } });
  const Statement = [{ Effect: "Perhaps", Action: "*", Resource: "*" }];
  spoil("AWS::IAM::Policy", { PolicyDocument: { Version: "2012-10-17", Statement } });
  const rules = lint(template).map(({ rule }) => rule);
  expect(new Set(rules.filter((rule) => !(rule in IGNORED)))).toEqual(
    new Set([
      "E3002", // a property that does not exist
      "E3012", // a text for a number
      "E2533", // a runtime that is gone
      "E1010", // an attribute of nothing
      "E3510", // a policy that says neither yes nor no
    ]),
  );
});
