import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import { Annotations, Template as CdkTemplate, Match } from "aws-cdk-lib/assertions";
import { checkConfig } from "../../lib/config/load-config.ts";
import type { Config } from "../../lib/config/schema.ts";
import { HkdistStack } from "../../lib/hkdist-stack.ts";
import type { Stage } from "../../lib/stage.ts";

export interface Resource {
  Type: string;
  Properties: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
  DependsOn?: string[];
}

export interface Statement {
  Sid?: string;
  Effect: "Allow" | "Deny";
  Principal?: unknown;
  Action: string | string[];
  Resource: string | string[];
  Condition?: Record<string, Record<string, string | string[]>>;
}

/** A state of the machine, as far as tests look at it. */
export interface State {
  Type: string;
  Next?: string;
  End?: boolean;
  Default?: string;
  Choices?: { Condition: string; Next: string; Assign?: Record<string, unknown> }[];
  Retry?: {
    ErrorEquals: string[];
    IntervalSeconds: number;
    MaxAttempts: number;
    BackoffRate?: number;
    MaxDelaySeconds?: number;
  }[];
  Catch?: { ErrorEquals: string[]; Next: string; Assign?: Record<string, unknown>; Output?: unknown }[];
  Arguments?: {
    FunctionName?: string;
    Payload?: Record<string, unknown>;
    ProjectName?: string;
    EnvironmentVariablesOverride?: { Name: string; Type: string; Value: string }[];
  };
  Assign?: Record<string, unknown>;
  Output?: unknown;
  ItemProcessor?: Machine;
  QueryLanguage?: string;
  [more: string]: unknown;
}

export interface Machine {
  StartAt: string;
  States: Record<string, State>;
  [more: string]: unknown;
}

/**
 * A stack's template as people read it: resources by their names without the hash at the end, references as `Name`
 * and `Name.Attribute`, joined texts joined, hashes of assets as HASH.
 */
export class Template {
  readonly resources: Record<string, Resource> = {};
  readonly outputs: Record<string, unknown>;
  /** What synthesis warns of. */
  readonly warnings: string[];

  constructor(config: Config, stage: Stage) {
    const outdir = mkdtempSync(join(tmpdir(), "hkdist-template-"));
    try {
      // Functions are not bundled: what is in them is for other tests.
      const context = { ...readContext(), "aws:cdk:bundling-stacks": [] };
      const app = new App({ context, outdir });
      // Not bundled either: only the name counts.
      const bsdiffFolder = "bsdiff-node";
      const stack = new HkdistStack(app, "hkdist", {
        config: checkConfig(config, stage),
        stage,
        bsdiffFolder,
      });
      const { Resources, Outputs } = readable(CdkTemplate.fromStack(stack).toJSON()) as {
        Resources: Record<string, Resource>;
        Outputs: Record<string, { Value: unknown }>;
      };
      for (const [id, resource] of Object.entries(Resources)) {
        const name = withoutHash(id);
        if (name in this.resources) throw new Error(`two resources are called ${name}`);
        this.resources[name] = resource;
      }
      this.warnings = Annotations.fromStack(stack)
        .findWarning("*", Match.anyValue())
        .map(({ entry }) => String(entry.data));
      this.outputs = Object.fromEntries(Object.entries(Outputs).map(([name, { Value }]) => [name, Value]));
    } finally {
      rmSync(outdir, { recursive: true });
    }
  }

  resource(name: string): Resource {
    const found = this.resources[name];
    if (found === undefined)
      throw new Error(`no resource ${name} among ${Object.keys(this.resources).join(", ")}`);
    return found;
  }

  properties(name: string): Record<string, unknown> {
    return this.resource(name).Properties;
  }

  /** The resources of a type, by name. */
  ofType(type: string): [string, Resource][] {
    return Object.entries(this.resources).filter(([, { Type }]) => Type === type);
  }

  /** The statements of a bucket's, a queue's or a topic's own policy. */
  policyOf(name: string): Statement[] {
    for (const { Type, Properties } of Object.values(this.resources)) {
      const { Bucket, Queues, Topics, PolicyDocument } = Properties as {
        Bucket?: string;
        Queues?: string[];
        Topics?: string[];
        PolicyDocument?: { Statement: Statement[] };
      };
      const isPolicy = /^AWS::(S3::Bucket|SQS::Queue|SNS::Topic)Policy$/.test(Type);
      if (isPolicy && PolicyDocument && [Bucket, ...(Queues ?? []), ...(Topics ?? [])].includes(name))
        return PolicyDocument.Statement;
    }
    return [];
  }

  /** The statements that a role is given, wherever they are written; of a managed policy, those in it. */
  statementsOf(role: string): Statement[] {
    const attached = this.ofType("AWS::IAM::Policy").flatMap(([, { Properties }]) => {
      const { Roles, PolicyDocument } = Properties as {
        Roles: string[];
        PolicyDocument: { Statement: Statement[] };
      };
      return Roles.includes(role) ? PolicyDocument.Statement : [];
    });
    type Written = { PolicyDocument?: { Statement: Statement[] } };
    const { Policies = [], ...own } = this.properties(role) as Written & { Policies?: Written[] };
    return [
      ...attached,
      ...[...Policies, own].flatMap(({ PolicyDocument }) => PolicyDocument?.Statement ?? []),
    ];
  }

  /** What a role or a managed policy may do, a line for each resource and condition. */
  rightsOf(role: string): string[] {
    const actions = new Map<string, string[]>();
    for (const { Effect, Action, Resource, Condition } of this.statementsOf(role)) {
      const conditions = Object.entries(Condition ?? {}).flatMap(([operator, keys]) =>
        Object.entries(keys).map(([key, values]) => ` if ${key} ${operator} ${[values].flat().join("|")}`),
      );
      for (const resource of [Resource].flat()) {
        const what = `${Effect === "Deny" ? "DENY " : ""}${resource}${conditions.join("")}`;
        actions.set(what, [...(actions.get(what) ?? []), ...[Action].flat()]);
      }
    }
    const { ManagedPolicyArns = [] } = this.properties(role) as { ManagedPolicyArns?: string[] };
    return [
      ...[...actions].map(([what, list]) => `${what}: ${list.toSorted().join(" ")}`),
      ...ManagedPolicyArns.map((arn) => `managed policy ${arn.split("/").at(-1)}`),
    ].toSorted();
  }

  /** Whether a role's statements allow an action on a resource, by IAM's wildcards; conditions are not looked at. */
  allows(role: string, action: string, resource: string): boolean {
    const matches = (pattern: string, text: string) => {
      const escaped = pattern
        .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
        .replaceAll("?", ".")
        .replaceAll("*", ".*");
      return new RegExp(`^${escaped}$`).test(text);
    };
    return this.statementsOf(role).some(
      ({ Effect, Action, Resource }) =>
        Effect === "Allow" &&
        [Action].flat().some((pattern) => matches(pattern, action)) &&
        [Resource].flat().some((pattern) => matches(pattern, resource)),
    );
  }

  machine(name: string): Machine {
    const { DefinitionString } = this.properties(name);
    return JSON.parse(String(DefinitionString)) as Machine;
  }
}

/** The feature flags that the app runs with. */
export function readContext(): Record<string, unknown> {
  const text = readFileSync(new URL("../../cdk.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { context: Record<string, unknown> }).context;
}

const withoutHash = (id: string) => id.replace(/[0-9A-F]{8}$/, "");

const PSEUDO: Record<string, string> = {
  "AWS::Partition": "aws",
  "AWS::Region": "REGION",
  "AWS::AccountId": "ACCOUNT",
  "AWS::URLSuffix": "amazonaws.com",
};

function readable(value: unknown): unknown {
  if (typeof value === "string") return value.replaceAll(/\b[0-9a-f]{64}\b/g, "HASH");
  if (Array.isArray(value)) return value.map(readable);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value);
  const [[key, argument] = []] = entries;
  if (entries.length === 1) {
    if (key === "Ref") return PSEUDO[argument as string] ?? withoutHash(argument as string);
    if (key === "Fn::GetAtt")
      return `${withoutHash((argument as string[])[0] ?? "")}.${(argument as string[])[1]}`;
    if (key === "Fn::Sub")
      return readable(String(argument).replaceAll(/\$\{(.*?)\}/g, (all, name) => PSEUDO[name] ?? all));
    if (key === "Fn::Join") {
      const [delimiter, parts] = argument as [string, unknown[]];
      return parts.map(readable).join(delimiter);
    }
  }
  return Object.fromEntries(
    entries.map(([name, inner]) => [
      name,
      name === "DependsOn" ? (inner as string[]).map(withoutHash) : readable(inner),
    ]),
  );
}
