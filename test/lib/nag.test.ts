import { Bucket } from "aws-cdk-lib/aws-s3";
import { describe, expect, it } from "vitest";
import { CONFIGURATIONS, synthesize } from "./assembly.ts";
import { acknowledged, nagFindings } from "./nag.ts";
import { CONFIG } from "./stages.ts";

/**
 * Wildcards in policies. Which role has which of them is in roles.test.ts, exactly; here is why there may be one at all.
 * `<cmd>` is each configured command, `<platform>` each of its platforms.
 */
const WILDCARDS: { [resource: string]: string } = {
  "StorageArtifacts/*.gz": "full binaries: a key is made of command, version and platform",
  "StorageArtifacts/*/*/*/*": "patches: a key is made of command, both versions and platform",
  "StorageArtifacts/*/*/*.cdx.json": "bills of materials, of every command and version",
  "StorageArtifacts/*/*/provenance.json": "statements of releases, of every command and version",
  "StorageArtifacts/*/*/*.provenance.json": "statements of later releases of a version",
  "StorageArtifacts/*":
    "the recorder, the audit and people look at whatever was stored; none of them may put",
  "StorageArtifacts/<cmd>/*/<platform>.gz": "a build stores its own command's binaries, for its platforms",
  "StorageSources/sources/<cmd>/*": "archives of one command",
  "StorageSources/plans/<cmd>/*": "a build reads its own command's plans",
  "StorageSources/plans/*": "plans of all commands, for the steps that all commands share",
  "StorageSources/reports/<cmd>/*": "a build reports on its own command",
  "StorageSources/reports/*": "reports on all commands, for the steps that all commands share",
  "execution:ReleaseMachine:*":
    "executions of the release machine: their names are made when they are started",
  "execution:PromotionMachine:*": "executions of the promote machine",
  "stack/hkdist/*": "this stack: CloudFormation ends its ARN with an id that it makes",
  "project/hkdist-source-*": "source builds of all commands, each of which would not fit into a policy",
  "project/hkdist-build-*": "builds of all commands, in the same way",
  "log-group:/aws/codebuild/hkdist-source-*": "what all source builds log",
  "log-group:/aws/codebuild/hkdist-build-*": "what all builds log",
  "*":
    "log delivery of state machines, alarms that are asked for by their names' beginning, and what an account has cannot be " +
    "limited to resources",
};

const apps = Object.entries(CONFIGURATIONS).map(([name, config]) => {
  const { app } = synthesize(config);
  return {
    name,
    commands: Object.keys(config.commands),
    findings: nagFindings(app),
    acks: acknowledged(app),
  };
});

/** The resource of a wildcard's finding as WILDCARDS names it; undefined for any other finding. */
function wildcard(rule: string, commands: string[]): string | undefined {
  const [, resource] = /^AwsSolutions-IAM5\[Resource::(.*)\]$/.exec(rule) ?? [];
  const name = commands.reduce(
    (named, cmd) => named?.replace(`/${cmd}/`, "/<cmd>/"),
    resource
      ?.replaceAll(/<(\w+?)([0-9A-F]{8})?(\.Arn|\.Name)?>/g, "$1")
      .replace(/^arn:.*:(?=(execution|log-group):|(stack|project)\/)/, ""),
  );
  return name?.replace(/(?<=<cmd>\/\*\/)[a-z0-9]+-[a-z0-9]+(?=\.gz$)/, "<platform>");
}

describe("AWS Solutions", () => {
  it.each(apps)("finds nothing with $name that is not acknowledged where it is", ({
    commands,
    findings,
    acks,
  }) => {
    const open = findings.filter(
      ({ path, rule }) =>
        !acks.some((ack) => ack.path === path && ack.rule === rule) &&
        WILDCARDS[wildcard(rule, commands) ?? ""] === undefined,
    );
    expect(open.map(({ text }) => text)).toEqual([]);
  });

  it("would find what is acknowledged, with its reason", () => {
    const findings = new Set(
      apps.flatMap((app) => app.findings.map(({ path, rule }) => `${rule} on ${path}`)),
    );
    const acks = apps.flatMap((app) => app.acks).filter(({ rule }) => rule.startsWith("AwsSolutions-"));
    expect(acks.map(({ path, rule }) => `${rule} on ${path}`).filter((ack) => !findings.has(ack))).toEqual(
      [],
    );
    expect(acks.filter(({ reason }) => !/^[A-Z].{20,}\.$/.test(reason))).toEqual([]);
  });

  it("would find every wildcard that is explained", () => {
    const found = new Set(
      apps.flatMap(({ findings, commands }) => findings.map(({ rule }) => wildcard(rule, commands))),
    );
    expect(Object.keys(WILDCARDS).filter((resource) => !found.has(resource))).toEqual([]);
  });

  it("finds a new resource that breaks a rule", () => {
    const { app } = synthesize(CONFIG, (stack) => {
      new Bucket(stack, "Careless");
    });
    const rules = nagFindings(app)
      .filter(({ path }) => path === "hkdist/Careless")
      .map(({ rule }) => rule);
    expect(rules).toEqual(["AwsSolutions-S1", "AwsSolutions-S10"]);
  });

  it("acknowledging leaves no trace in the template", () => {
    expect(JSON.stringify(synthesize(CONFIG).template)).not.toContain("AwsSolutions");
  });
});
