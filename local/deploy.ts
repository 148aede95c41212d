import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { nodeBin, root } from "../tools/checkout.ts";
import { CommandError, run } from "../tools/run.ts";
import { UserError } from "../tools/user-error.ts";
import { awsSettings, noProxy, toolPath, withoutAws } from "./environment.ts";
import { stateFiles } from "./paths.ts";

const SYNTH_LIMIT_SECONDS = 180;
const DEPLOY_LIMIT_SECONDS = 600;

export interface CdkOptions {
  folder: string;
  endpointUrl: string;
  region: string;
  /** Where cdk.json is: the checkout, or a test's own app. */
  app: string;
}

/** The stack's outputs, as lib/hkdist-stack.ts names them. */
const OUTPUTS = [
  "DirectoryUrl",
  "ArtifactsUrl",
  "ReleaseMachineArn",
  "PromoteMachineArn",
  "ArtifactsBucket",
  "Table",
  "AlertsTopicArn",
  "ReleasesTopicArn",
] as const;
export type Outputs = Record<(typeof OUTPUTS)[number], string>;

/**
 * Synthesizes the app for the local stage into the folder. Returns a hash of the result, the same for the same app.
 * Throws UserError with the app's own message: mistakes in the configuration are listed there.
 */
export async function synthesize(options: CdkOptions & { config: string }): Promise<string> {
  const files = stateFiles(options.folder);
  rmSync(files.assembly, { recursive: true, force: true });
  rmSync(files.synthLog, { force: true });
  const context = ["-c", `endpointUrl=${options.endpointUrl}`, "-c", `config=${options.config}`];
  try {
    await cdk(
      "cdk synth",
      ["synth", "--quiet", "--output", files.assembly, ...context],
      options,
      options.app,
      {
        logFile: files.synthLog,
        limitSeconds: SYNTH_LIMIT_SECONDS,
      },
    );
  } catch (error) {
    if (error instanceof CommandError) throw new UserError(withoutStack(error.output) || error.message);
    throw error;
  }
  return hashAssembly(files.assembly);
}

/** Makes what `cdk deploy` needs in a new account. */
export async function bootstrap(options: CdkOptions): Promise<void> {
  const files = stateFiles(options.folder);
  await cdk("cdk bootstrap", ["bootstrap", `aws://000000000000/${options.region}`], options, options.folder, {
    logFile: files.deployLog,
    limitSeconds: DEPLOY_LIMIT_SECONDS,
  });
}

/** Deploys what `synthesize` made. Throws with the end of the CLI's output; all of it is in the folder's deploy.log. */
export async function deploy(options: CdkOptions): Promise<Outputs> {
  const files = stateFiles(options.folder);
  rmSync(files.outputs, { force: true });
  const args = ["deploy", "--all", "--app", files.assembly, "--outputs-file", files.outputs];
  await cdk(
    "cdk deploy",
    [...args, "--require-approval", "never", "--method", "direct"],
    options,
    options.folder,
    {
      logFile: files.deployLog,
      limitSeconds: DEPLOY_LIMIT_SECONDS,
    },
  );
  const stacks = JSON.parse(readFileSync(files.outputs, "utf8")) as Record<string, Partial<Outputs>>;
  const outputs = Object.values(stacks)[0] ?? {};
  const missing = OUTPUTS.filter((name) => !outputs[name]);
  if (missing.length > 0) throw new UserError(`The deployed stack has no output ${missing.join(", ")}.`);
  return outputs as Outputs;
}

/**
 * The `cdk` CLI on Lambda's Node, keeping all that it writes in the folder, and talking to nothing but the local AWS.
 * In a `cwd` with a cdk.json it synthesizes that app before most commands: only `synthesize` runs there.
 */
async function cdk(
  name: string,
  args: string[],
  options: CdkOptions,
  cwd: string,
  limits: { logFile: string; limitSeconds: number },
): Promise<void> {
  const files = stateFiles(options.folder);
  for (const folder of [files.home, files.temporary]) mkdirSync(folder, { recursive: true });
  const cli = join(root, "node_modules", "aws-cdk", "bin", "cdk");
  await run(join(nodeBin, "node"), [cli, ...args, "--no-notices", "--no-color", "--ci"], {
    name,
    cwd,
    env: {
      ...withoutAws(),
      ...awsSettings(options),
      ...noProxy(),
      PATH: toolPath(),
      HOME: files.home,
      TMPDIR: files.temporary,
      CDK_DISABLE_CLI_TELEMETRY: "true",
      npm_config_update_notifier: "false",
    },
    ...limits,
  });
}

/** Templates and asset manifests; the manifests name every asset by the hash of its content. */
function hashAssembly(folder: string): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(folder).sort()) {
    if (/\.(template|assets)\.json$/.test(name)) hash.update(name).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}

/** What the app said before it failed, without where in its code that was. */
function withoutStack(output: string): string {
  const lines = output.split("\n");
  const thrown = lines.findLastIndex((line) => /^([A-Za-z]*Error: |«)/.test(line));
  return lines
    .slice(Math.max(thrown, 0))
    .filter((line) => !/^(\s+at |Node\.js v|.*Subprocess exited with error)/.test(line))
    .join("\n")
    .replace(/^Error: /, "")
    .trim();
}
