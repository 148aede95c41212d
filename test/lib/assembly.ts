import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App } from "aws-cdk-lib";
import hkdistConfig from "../../hkdist.config.ts";
import { checkConfig } from "../../lib/config/load-config.ts";
import type { Config } from "../../lib/config/schema.ts";
import { HkdistStack } from "../../lib/hkdist-stack.ts";
import { CONFIG } from "./stages.ts";
import { readContext } from "./template.ts";

/** What the checkers of templates are shown: the least, and the most. */
export const CONFIGURATIONS: { [name: string]: Config } = {
  "hkdist.config.ts": hkdistConfig,
  "all that is optional": {
    ...CONFIG,
    domain: {
      name: "get.example.com",
      certificate: "arn:aws:acm:us-east-1:123456789012:certificate/12345678-aaaa-bbbb-cccc-123456789012",
    },
    emails: { alerts: "ops@example.com", releases: "team@example.com" },
    githubActions: [{ repository: "example/greet", tag: "v*" }],
  },
};

export interface RawResource {
  Type: string;
  Properties?: Record<string, unknown>;
  DeletionPolicy?: string;
  UpdateReplacePolicy?: string;
}

/** The app for AWS as CloudFormation and checkers get it: template.ts shows the same as people read it. */
export interface Assembly {
  app: App;
  template: { Resources: Record<string, RawResource> };
  /** What CDK's rules for CloudFormation and the constructs' own annotations say, on a line each. */
  findings: string[];
}

/**
 * Synthesizes without bundling functions: what is in them is for other tests.
 * @param change is done to the stack before it is synthesized
 */
export function synthesize(config: Config, change: (stack: HkdistStack) => void = () => {}): Assembly {
  const outdir = mkdtempSync(join(tmpdir(), "hkdist-assembly-"));
  try {
    const context = { ...readContext(), "aws:cdk:bundling-stacks": [] };
    const app = new App({ context, outdir });
    const stage = { endpointUrl: undefined };
    const stack = new HkdistStack(app, "hkdist", {
      config: checkConfig(config, stage),
      stage,
      bsdiffFolder: "bsdiff-node", // not bundled: only the name counts
    });
    change(stack);
    let failure: unknown;
    try {
      app.synth();
    } catch (error) {
      failure = error;
    }
    const read = (file: string) => JSON.parse(readFileSync(join(outdir, file), "utf8"));
    const findings = findingsIn(read("validation-report.json"));
    // What validation refuses is told as findings.
    if (failure !== undefined && findings.length === 0) throw failure;
    return { app, template: read(stack.templateFile), findings };
  } finally {
    rmSync(outdir, { recursive: true });
  }
}

interface Report {
  pluginReports: { violations: Violation[] }[];
}

interface Violation {
  ruleName: string;
  description: string;
  violatingConstructs: { constructPath: string }[];
}

function findingsIn({ pluginReports }: Report): string[] {
  return pluginReports
    .flatMap(({ violations }) => violations)
    .flatMap(({ ruleName, description, violatingConstructs }) =>
      violatingConstructs.map(({ constructPath }) => `${constructPath}: ${description} (${ruleName})`),
    );
}
