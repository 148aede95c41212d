import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { venvBin } from "../../local/paths.ts";
import type { RawResource } from "./assembly.ts";

/** A resource whose replacement loses data or breaks installed clients: see lasting-resources.json. */
export interface Lasting {
  type: string;
  /** What is lost with it, as the end of "then ...". */
  loss: string;
  deletionPolicy: string;
  updateReplacePolicy: string;
  /** The properties whose change replaces it, with their values; null where it has none. */
  replacing: { [property: string]: unknown };
}

export type LastingResources = { [logicalId: string]: Lasting };

/** Types whose resources keep something, or have an address that somebody else keeps. */
const KEEPING =
  /^AWS::(DynamoDB|S3|SQS|SNS|RDS|EFS|Kinesis|Cognito|SecretsManager|KMS)::(GlobalTable|Table|Bucket|Queue|Topic|DB\w+|FileSystem|Stream|UserPool|Secret|Key)$|^AWS::ApiGatewayV2::(Api|Stage)$|^AWS::CloudFront::Distribution$|^AWS::IAM::ManagedPolicy$/;

const DELIBERATELY =
  "If that is what you want, read docs/teardown.md, tell those who have a deployment, and change test/lib/lasting-resources.json.";

/**
 * What deploying the template over what was deployed before would replace or let go, a sentence each.
 * @param replacing the properties of a type whose change replaces a resource
 */
export function losses(
  listed: LastingResources,
  resources: Record<string, RawResource>,
  replacing: (type: string) => string[],
): string[] {
  const told = Object.entries(listed).flatMap(([id, lasting]) => {
    const now = resources[id];
    if (now === undefined || now.Type !== lasting.type) return [gone(id, lasting)];
    const policies = [
      ["DeletionPolicy", lasting.deletionPolicy, now.DeletionPolicy ?? "Delete"],
      ["UpdateReplacePolicy", lasting.updateReplacePolicy, now.UpdateReplacePolicy ?? "Delete"],
    ] as const;
    return [
      ...replacing(lasting.type)
        .filter((property) => !same(lasting.replacing[property], now.Properties?.[property]))
        .map(
          (property) =>
            `${id} (${lasting.type}): ${property} would change from ${text(lasting.replacing[property])} to ${text(now.Properties?.[property])}. ` +
            `CloudFormation does that by making a new, empty one: then ${lasting.loss}. ${DELIBERATELY}`,
        ),
      ...policies
        .filter(([, before, after]) => before !== after)
        .map(
          ([policy, before, after]) =>
            `${id} (${lasting.type}): ${policy} would change from ${before} to ${after}, which decides whether it outlives ` +
            `${policy === "DeletionPolicy" ? "the stack" : "its replacement"}. ${DELIBERATELY}`,
        ),
    ];
  });
  const unknown = Object.entries(resources)
    .filter(([id, { Type }]) => KEEPING.test(Type) && listed[id] === undefined)
    .map(
      ([id, { Type }]) =>
        `${id} (${Type}) keeps something or has an address that somebody keeps: put it into test/lib/lasting-resources.json, so that nobody replaces it by accident.`,
    );
  return [...told, ...unknown];
}

function gone(id: string, { type, loss, deletionPolicy }: Lasting): string {
  const fate = deletionPolicy === "Retain" ? "leave it there with nobody using it" : "delete it";
  return (
    `${id} (${type}) is not in the template any more. CloudFormation would ${fate}; ` +
    `one under another logical id is a new, empty one: then ${loss}. ` +
    `A construct that is renamed or moved gets another id: \`overrideLogicalId\` keeps it. ${DELIBERATELY}`
  );
}

const text = (value: unknown) => JSON.stringify(value ?? null);
const same = (a: unknown, b: unknown) => text(a) === text(b);

// cfn-lint brings AWS's own resource schemas.
const PROGRAM = `
import json, sys
from cfnlint.schema.manager import PROVIDER_SCHEMA_MANAGER as manager

def replacing(type):
    schema = manager.get_resource_schema("us-east-1", type).schema
    paths = schema.get("createOnlyProperties", []) + schema.get("conditionalCreateOnlyProperties", [])
    return sorted({path.split("/")[2] for path in paths})

print(json.dumps({type: replacing(type) for type in sys.argv[1:]}))
`;

/** The properties that AWS says it cannot change in place, or not always. */
export function replacingProperties(types: string[]): Record<string, string[]> {
  const program = ["-c", PROGRAM, ...new Set(types)];
  return JSON.parse(execFileSync(join(venvBin, "python"), program, { encoding: "utf8" }));
}
