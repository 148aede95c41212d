import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheFolder, localFolder, root } from "../../tools/checkout.ts";
import { compileAddon } from "../../tools/native-addon.ts";
import { run } from "../../tools/run.ts";
import { UserError } from "../../tools/user-error.ts";

// Other people's engines, pinned, for comparison only: nothing of them becomes a dependency.

/** Of PyPI; the crate's is in qbsdiff/Cargo.toml and its Cargo.lock. */
const BSDIFF4 = "bsdiff4==1.3.2";
const LIMIT_SECONDS = 600;

const folder = join(localFolder, "bench");
const nodeVersion = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).dependencies["bsdiff-node"];
const nodeFolder = join(folder, `bsdiff-node-${nodeVersion}`);
const venv = join(folder, BSDIFF4);
const cargoTarget = join(folder, "qbsdiff");

/** The Python that has bsdiff4. */
export const BSDIFF4_PYTHON = join(venv, "bin", "python");
export const QBSDIFF = join(cargoTarget, "release", "bench-qbsdiff");

/** The package that our addon is made from, as it comes. */
export const BSDIFF_NODE = join(nodeFolder, "node_modules", "bsdiff-node");

/** @throws CommandError with the end of the log, when it cannot be had or compiled */
export async function ensureBsdiffNode(log: (line: string) => void): Promise<void> {
  if (succeeds(process.execPath, "-e", `require(${JSON.stringify(BSDIFF_NODE)})`)) return;
  log("Compiling bsdiff-node, as it comes, into .local/bench.");
  rmSync(nodeFolder, { recursive: true, force: true });
  mkdirSync(nodeFolder, { recursive: true });
  const own = { private: true, dependencies: { "bsdiff-node": nodeVersion } };
  writeFileSync(join(nodeFolder, "package.json"), JSON.stringify(own));
  const options = ["--prefix", nodeFolder, "--ignore-scripts", "--no-audit", "--no-fund"];
  await logged("npm", ["install", ...options], {
    ...process.env,
    npm_config_cache: join(cacheFolder, "npm"),
  });
  await compileAddon("bsdiff-node", nodeFolder, join(folder, "engines.log"));
}

export async function ensureBsdiff4(log: (line: string) => void): Promise<void> {
  if (existsSync(BSDIFF4_PYTHON) && succeeds(BSDIFF4_PYTHON, "-c", "import bsdiff4")) return;
  log(`Installing ${BSDIFF4} into .local/bench.`);
  rmSync(venv, { recursive: true, force: true });
  const env = { ...process.env, PIP_CACHE_DIR: join(cacheFolder, "pip"), PIP_REQUIRE_VIRTUALENV: "false" };
  await logged("python3", ["-m", "venv", venv], env);
  const options = ["install", "--no-input", "--disable-pip-version-check", "--no-deps", BSDIFF4];
  await logged(BSDIFF4_PYTHON, ["-m", "pip", ...options], env);
}

/** Cargo itself finds out whether there is something to do. */
export async function ensureQbsdiff(log: (line: string) => void): Promise<void> {
  if (!succeeds("cargo", "--version")) {
    throw new UserError("qbsdiff is compiled with cargo, which is not in PATH (https://rustup.rs)");
  }
  if (!existsSync(QBSDIFF)) log("Compiling qbsdiff into .local/bench.");
  const manifest = join(import.meta.dirname, "qbsdiff", "Cargo.toml");
  const args = ["build", "--release", "--locked", "--manifest-path", manifest, "--target-dir", cargoTarget];
  await logged("cargo", args, process.env);
}

async function logged(command: string, args: string[], env: NodeJS.ProcessEnv): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const logFile = join(folder, "engines.log");
  await run(command, args, { name: command, cwd: folder, env, logFile, limitSeconds: LIMIT_SECONDS });
}

function succeeds(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore", timeout: 60_000 });
    return true;
  } catch {
    return false;
  }
}
