import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { cacheFolder, root } from "../tools/checkout.ts";
import { identify, isRunning, type ProcessIdentity } from "../tools/process-identity.ts";
import { UserError } from "../tools/user-error.ts";
import { networkEnvironment, toolPath } from "./environment.ts";
import { stateFiles, venvBin } from "./paths.ts";
import { isFree } from "./port.ts";

const START_LIMIT_SECONDS = 60;
// Builds get 5 s after SIGTERM, functions 2 s; then the state is written.
const STOP_LIMIT_SECONDS = 45;
const bridgeFolder = join(root, "local", "ministack");
/** Go's settings for reaching the network. Its other settings would change what a build makes. */
const GO_NETWORK = ["GOPROXY", "GOSUMDB", "GONOSUMDB", "GONOPROXY", "GOPRIVATE", "GOINSECURE"];

/** What the bridge answers at /_hkdist/health. */
export interface Health {
  /** The state folder of the server that answered. */
  folder: string;
  pid: number;
  /** Whether IAM is enforced. */
  auth: boolean;
  fingerprint: string;
  /** Executions that are RUNNING, by ARN. */
  running: string[];
}

export interface ServerOptions {
  folder: string;
  port: number;
  region: string;
  auth: boolean;
  /** A folder of programs that functions and builds find before all others: for tests that put faults into them. */
  programs?: string | undefined;
  /** A process id: the server stops by itself soon after that process has ended, however it ended. */
  owner?: number | undefined;
}

export function endpoint(port: number): string {
  return `http://127.0.0.1:${port}`;
}

/** What the folder's own server says of itself; null when it is not running (or another program has the port). */
export async function health(folder: string, port: number): Promise<Health | null> {
  try {
    const response = await fetch(`${endpoint(port)}/_hkdist/health`, { signal: AbortSignal.timeout(5000) });
    const answer = (await response.json()) as Health;
    return answer.folder === folder ? answer : null;
  } catch {
    return null;
  }
}

/**
 * Leaves the server running with this `auth`, and with the bridge as it is now: restarts it when it is not so. A bridge
 * that has changed waits while executions are running.
 */
export async function ensureServer(options: ServerOptions): Promise<void> {
  const now = await health(options.folder, options.port);
  const current = now && (now.fingerprint === fingerprint() || now.running.length > 0);
  if (current && now.auth === options.auth) return;
  await stopServer(options.folder, options.port);
  await startServer(options);
}

/** Starts the server, detached from this process. Throws UserError when its port is taken or it does not come up. */
export async function startServer(options: ServerOptions): Promise<void> {
  const files = stateFiles(options.folder);
  await requirePort(options.folder, options.port);
  rmSync(files.temporary, { recursive: true, force: true });
  for (const folder of [files.data, files.home, files.temporary]) mkdirSync(folder, { recursive: true });
  // Functions are unpacked there. Node takes a .js file's kind from the next package.json above, which on Lambda is none
  // and here would be this project's, of type "module".
  writeFileSync(join(files.temporary, "package.json"), "{}\n");
  const log = openSync(files.serverLog, "w");
  const child = spawn(join(venvBin, "python"), [join(bridgeFolder, "launcher.py"), options.folder], {
    cwd: options.folder,
    env: serverEnvironment(options),
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  let ended = false;
  child.on("exit", () => {
    ended = true;
  });
  child.on("error", () => {
    ended = true;
  });
  if (child.pid) writeFileSync(files.server, JSON.stringify(identify(child.pid)));
  const deadline = Date.now() + START_LIMIT_SECONDS * 1000;
  while (!(await health(options.folder, options.port))) {
    if (ended || Date.now() > deadline) {
      if (!ended) await stopServer(options.folder, options.port);
      const tail = readFileSync(files.serverLog, "utf8").trimEnd().split("\n").slice(-15).join("\n");
      throw new UserError(`The local AWS did not start:\n${tail}\nAll of its output: ${files.serverLog}`);
    }
    await sleep(100);
  }
  child.unref();
}

/** Throws UserError when another program has the folder's port. */
export async function requirePort(folder: string, port: number): Promise<void> {
  if (findServer(stateFiles(folder).server) || (await health(folder, port)) || (await isFree(port))) return;
  throw new UserError(
    `Port ${port} is taken by another program, and the URLs of ${folder} carry it. ` +
      `End that program (\`ss -ltnp 'sport = :${port}'\` shows it) and try again, or give up the folder's ` +
      "data and its URLs: `npm run local:reset`.",
  );
}

/** Stops the folder's server if it runs: its data are written, its builds and functions ended. */
export async function stopServer(folder: string, port: number | null): Promise<void> {
  const files = stateFiles(folder);
  const server = findServer(files.server) ?? (port === null ? null : await findByHealth(folder, port));
  if (server) {
    process.kill(server.pid, "SIGTERM");
    if (!(await endsWithin(server, STOP_LIMIT_SECONDS))) {
      process.kill(server.pid, "SIGKILL");
      await endsWithin(server, 5);
    }
  }
  rmSync(files.server, { force: true });
}

/** Asks the folder's server to stop, without waiting: for the end of this process. */
export function interruptServer(folder: string): void {
  const server = findServer(stateFiles(folder).server);
  if (server) process.kill(server.pid, "SIGTERM");
}

function findServer(file: string): ProcessIdentity | null {
  try {
    const server = JSON.parse(readFileSync(file, "utf8")) as ProcessIdentity;
    return isRunning(server) ? server : null;
  } catch {
    return null;
  }
}

/** For a server whose starter was killed before it could write the file. */
async function findByHealth(folder: string, port: number): Promise<ProcessIdentity | null> {
  const answer = await health(folder, port);
  return answer && identify(answer.pid);
}

async function endsWithin(server: ProcessIdentity, seconds: number): Promise<boolean> {
  const deadline = Date.now() + seconds * 1000;
  while (isRunning(server)) {
    if (Date.now() > deadline) return false;
    await sleep(50);
  }
  return true;
}

/** Functions inherit the server's environment, so it has nothing of the caller's but PATH. */
function serverEnvironment(options: ServerOptions): Record<string, string> {
  const { folder, port, region, auth, owner, programs } = options;
  const files = stateFiles(folder);
  const path = programs === undefined ? toolPath() : `${programs}${delimiter}${toolPath()}`;
  return {
    PATH: path,
    HOME: files.home,
    TMPDIR: files.temporary,
    LANG: "C.UTF-8",
    PYTHONDONTWRITEBYTECODE: "1",
    PYTHONUNBUFFERED: "1",
    GATEWAY_PORT: String(port),
    BIND_HOST: "127.0.0.1",
    MINISTACK_REGION: region,
    MINISTACK_ACCOUNT_ID: "000000000000",
    LAMBDA_EXECUTOR: "local",
    PERSIST_STATE: "1",
    STATE_DIR: join(files.data, "state"),
    S3_PERSIST: "1",
    S3_DATA_DIR: join(files.data, "s3"),
    // Listeners of services that this app does not use, on ports that a second server would want too.
    SFTP_ENABLED: "0",
    IOT_MTLS_ENABLED: "0",
    DOCKER_HOST: "unix:///nonexistent",
    AUTH: String(auth),
    HKDIST_SETTINGS: JSON.stringify({
      endpoint: endpoint(port),
      fingerprint: fingerprint(),
      owner: owner ?? null,
      buildEnvironment: buildEnvironment(path),
    }),
  };
}

/** What a build gets of this machine; the bridge adds the rest. Stands for the build image and its network. */
function buildEnvironment(path: string): Record<string, string> {
  return {
    PATH: path,
    LANG: "C.UTF-8",
    ...networkEnvironment(),
    ...goNetworkSettings(),
    // Shared by the builds of this checkout: stands for an image with a warm build cache. Entries are found by the
    // hash of everything that went into them, so they change no result. The module cache is each build's own.
    GOCACHE: join(cacheFolder, "go-build"),
  };
}

function goNetworkSettings(): Record<string, string> {
  try {
    const output = execFileSync("go", ["env", "-json", ...GO_NETWORK], {
      cwd: root,
      encoding: "utf8",
      timeout: 20_000,
    });
    return JSON.parse(output) as Record<string, string>;
  } catch {
    return {}; // no Go: builds say so when they need it
  }
}

/** Changes when the bridge or the versions under it do. */
function fingerprint(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(bridgeFolder)
    .filter((file) => file.endsWith(".py"))
    .sort()) {
    hash.update(readFileSync(join(bridgeFolder, name)));
  }
  hash.update(readFileSync(join(root, "local", "requirements.txt")));
  return hash.update(process.execPath).digest("hex");
}
