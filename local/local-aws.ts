import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { root } from "../tools/checkout.ts";
import { withLock } from "../tools/lock.ts";
import { UserError } from "../tools/user-error.ts";
import { bootstrap, deploy, synthesize } from "./deploy.ts";
import { awsSettings, noProxy, toolPath, withoutAws } from "./environment.ts";
import { stateFiles } from "./paths.ts";
import { keptPort } from "./port.ts";
import { endpoint, ensureServer, health, interruptServer, requirePort, stopServer } from "./server.ts";
import { ensureVenv } from "./venv.ts";

const REGION = "us-east-1";
/** How long stopping waits for an `up` that is being interrupted. */
const STOP_WAIT_SECONDS = 60;

/** A running local AWS with the app deployed: what `npm run --silent local -- --json` prints. URLs end in `/`. */
export interface LocalAws {
  endpointUrl: string;
  region: string;
  directoryUrl: string;
  artifactsUrl: string;
  releaseMachineArn: string;
  promoteMachineArn: string;
  artifactsBucket: string;
  table: string;
  alertsTopicArn: string;
  releasesTopicArn: string;
}

export interface UpOptions {
  /** The state folder: all data of this local AWS, and its port. Several can run at once. */
  folder: string;
  /** Absolute path of the configuration to deploy. */
  config: string;
  log: (line: string) => void;
  /** The server ends with this process, whatever ends it: for tests and the demo. */
  endWithProcess?: boolean;
  /** Programs that functions and builds find first (server.ts). */
  programs?: string;
  /** Where the CDK app's cdk.json is, if not in this checkout. */
  app?: string;
}

/** What was deployed last, by the hash of its synthesized form. */
interface Deployed {
  hash: string;
  local: LocalAws;
}

/**
 * Brings the folder's local AWS up with the configuration deployed and IAM enforced. Deploys only when the synthesized
 * app changed. A deploy that fails or is cut short is undone: by this call or by the next.
 * Throws UserError when the configuration is wrong, executions are running, or a step fails.
 */
export async function up(options: UpOptions): Promise<LocalAws> {
  const folder = resolve(options.folder);
  const files = stateFiles(folder);
  return withLock(files.lock, { waitSeconds: 0 }, async () => {
    await ensureVenv(options.log);
    const port = await keptPort(files.port);
    await requirePort(folder, port);
    await undoUnfinishedDeploy(folder, port, options.log);
    const owner = options.endWithProcess ? process.pid : undefined;
    const server = { folder, port, region: REGION, owner, programs: options.programs };
    const app = { folder, endpointUrl: endpoint(port), region: REGION, app: options.app ?? root };
    const deployed = readDeployed(files.deployed);

    options.log("Synthesizing the app.");
    const hash = await synthesize({ ...app, config: options.config });
    if (deployed?.hash === hash) {
      await ensureServer({ ...server, auth: true });
      return deployed.local;
    }

    await refuseWhileRunning(folder, port);
    await stopServer(folder, port);
    rmSync(files.deployLog, { force: true });
    rememberData(folder);
    const interrupted = () => interruptServer(folder);
    process.once("exit", interrupted);
    try {
      options.log(deployed ? "The app has changed: deploying it." : "Deploying the app for the first time.");
      // CDK's publishing role is refused on the assets bucket when IAM is enforced.
      await ensureServer({ ...server, auth: false });
      if (!deployed) await bootstrap(app);
      const outputs = await deploy(app);
      await stopServer(folder, port);
      const local: LocalAws = {
        endpointUrl: app.endpointUrl,
        region: REGION,
        directoryUrl: outputs.DirectoryUrl,
        artifactsUrl: outputs.ArtifactsUrl,
        releaseMachineArn: outputs.ReleaseMachineArn,
        promoteMachineArn: outputs.PromoteMachineArn,
        artifactsBucket: outputs.ArtifactsBucket,
        table: outputs.Table,
        alertsTopicArn: outputs.AlertsTopicArn,
        releasesTopicArn: outputs.ReleasesTopicArn,
      };
      writeFileSync(files.deployed, JSON.stringify({ hash, local } satisfies Deployed, null, 2));
      forgetRememberedData(folder);
      await ensureServer({ ...server, auth: true });
      return local;
    } catch (error) {
      await undoUnfinishedDeploy(folder, port, options.log);
      throw error;
    } finally {
      process.off("exit", interrupted);
    }
  });
}

/** What was last deployed in a folder, running or not; undefined when nothing was. */
export function deployedLocally(folder: string): LocalAws | undefined {
  return readDeployed(stateFiles(resolve(folder)).deployed)?.local;
}

/** For SDK clients of this process that are to talk to a local AWS, as its root user. */
export function clientSettings({ endpointUrl, region }: Pick<LocalAws, "endpointUrl" | "region">) {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  return { endpoint: endpointUrl, region, credentials };
}

/** Stops the folder's server; its data stay. */
export async function down(folder: string, log: (line: string) => void): Promise<void> {
  const files = stateFiles(resolve(folder));
  if (!existsSync(files.port)) {
    log(`There is no local AWS in ${folder}.`);
    return;
  }
  await withLock(files.lock, { waitSeconds: STOP_WAIT_SECONDS }, async () => {
    await stopServer(resolve(folder), await keptPort(files.port));
    log("The local AWS is stopped. Its data are kept.");
  });
}

/** Stops the folder's server and forgets everything in the folder, the port too. */
export async function reset(folder: string, log: (line: string) => void): Promise<void> {
  const files = stateFiles(resolve(folder));
  if (!existsSync(folder)) {
    log(`There is no local AWS in ${folder}.`);
    return;
  }
  await withLock(files.lock, { waitSeconds: STOP_WAIT_SECONDS }, async () => {
    await stopServer(resolve(folder), existsSync(files.port) ? await keptPort(files.port) : null);
    rmSync(resolve(folder), { recursive: true, force: true });
    log("The local AWS is stopped and forgotten.");
  });
}

/**
 * The whole environment for `aws`, SDK clients and other children that work with this local AWS: the caller's own
 * without its AWS settings, with the endpoint, the root user's dummy credentials, and the pinned `aws` first in PATH.
 */
export function clientEnvironment(local: Pick<LocalAws, "endpointUrl" | "region">): Record<string, string> {
  return { ...withoutAws(), ...awsSettings(local), ...noProxy(), PATH: toolPath() };
}

async function refuseWhileRunning(folder: string, port: number): Promise<void> {
  const running = (await health(folder, port))?.running ?? [];
  if (running.length === 0) return;
  throw new UserError(
    [
      "The app has changed and has to be deployed, but executions are running:",
      ...running.map((arn) => `  ${arn}`),
      "Wait until they have ended, or stop each one, and try again:",
      "  aws stepfunctions describe-execution --execution-arn <arn> --query status",
      "  aws stepfunctions stop-execution --execution-arn <arn>",
    ].join("\n"),
  );
}

/** The server is stopped, so its data hold still: kept aside until the deploy is through. */
function rememberData(folder: string): void {
  const files = stateFiles(folder);
  const copy = `${files.before}.partial`;
  rmSync(copy, { recursive: true, force: true });
  if (existsSync(files.data)) cpSync(files.data, copy, { recursive: true });
  else mkdirSync(copy, { recursive: true });
  renameSync(copy, files.before);
}

function forgetRememberedData(folder: string): void {
  rmSync(stateFiles(folder).before, { recursive: true, force: true });
}

async function undoUnfinishedDeploy(
  folder: string,
  port: number,
  log: (line: string) => void,
): Promise<void> {
  const files = stateFiles(folder);
  if (!existsSync(files.before)) return;
  log("A deploy was not finished: going back to the data from before it.");
  await stopServer(folder, port);
  rmSync(files.data, { recursive: true, force: true });
  renameSync(files.before, files.data);
}

function readDeployed(file: string): Deployed | null {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Deployed) : null;
}
