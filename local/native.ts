import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { toolPath } from "./environment.ts";
import { LocalError } from "./local-error.ts";
import { withLock } from "./lock.ts";
import { cacheFolder, localFolder, nodeBin, root } from "./paths.ts";
import { run } from "./run.ts";

const ADDON = "bsdiff-node";
/** The version of Node's binary interface in Node 24, Lambda's nodejs24.x. */
const ABI = "137";
const COMPILE_LIMIT_SECONDS = 300;

/**
 * Compiles bsdiff-node for the Node that functions run on, with the headers that come with that Node, unless it is done
 * already. (`npm ci` does not: it would compile for whatever Node called it, with headers from the network.)
 * Throws LocalError when there is no compiler.
 */
export async function ensureNativeAddons(log: (line: string) => void): Promise<void> {
  if (process.versions.modules !== ABI) {
    throw new LocalError(
      `This is Node ${process.version}: run it by way of bin/run.mjs, which finds Node 24.`,
    );
  }
  if (loads()) return;
  mkdirSync(localFolder, { recursive: true });
  const options = {
    waitSeconds: COMPILE_LIMIT_SECONDS,
    onWait: (holder: number) => log(`Waiting for process ${holder}, which compiles ${ADDON}.`),
  };
  await withLock(join(localFolder, "native.lock"), options, async () => {
    if (!loads()) await compile(log);
  });
}

/** In a process of its own: an addon for another Node must not be loaded into this one. */
function loads(): boolean {
  try {
    execFileSync(process.execPath, ["-e", `require(${JSON.stringify(ADDON)})`], {
      cwd: root,
      stdio: "ignore",
      timeout: 20_000,
    });
    return true;
  } catch {
    return false;
  }
}

async function compile(log: (line: string) => void): Promise<void> {
  const missing = ["make", "c++", "python3"].filter((tool) => !inPath(tool));
  if (missing.length > 0) {
    throw new LocalError(
      `Compiling ${ADDON} needs ${missing.join(", ")} (Debian and Ubuntu: apt-get install build-essential python3).`,
    );
  }
  log(`Compiling ${ADDON} for Node ${process.version}.`);
  const logFile = join(localFolder, "native.log");
  rmSync(logFile, { force: true });
  // The npm that runs this script, if one does: its node-gyp is known to be there.
  const caller = process.env["npm_execpath"] ?? "";
  const npm = basename(caller) === "npm-cli.js" ? [process.execPath, caller] : ["npm"];
  const [command = "npm", ...args] = [
    ...npm,
    "rebuild",
    ADDON,
    "--ignore-scripts=false",
    "--foreground-scripts",
  ];
  await run(command, args, {
    name: `Compiling ${ADDON}`,
    cwd: root,
    env: {
      ...process.env,
      PATH: toolPath(),
      // In the environment, where it is stronger than any npmrc: an npmrc's nodedir is some other Node's.
      npm_config_nodedir: join(nodeBin, ".."),
      npm_config_cache: join(cacheFolder, "npm"),
      npm_config_update_notifier: "false",
    },
    logFile,
    limitSeconds: COMPILE_LIMIT_SECONDS,
  });
  if (!loads()) throw new LocalError(`${ADDON} was compiled but does not load. See ${logFile}.`);
}

function inPath(tool: string): boolean {
  return (process.env["PATH"] ?? "").split(":").some((folder) => existsSync(join(folder, tool)));
}
