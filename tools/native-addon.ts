import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import { basename, delimiter, dirname, join } from "node:path";
import { adapt, isAdapted } from "./adapt-bsdiff.ts";
import { cacheFolder, localFolder, nodeBin, root } from "./checkout.ts";
import { isInPath } from "./in-path.ts";
import { withLock } from "./lock.ts";
import { run } from "./run.ts";
import { UserError } from "./user-error.ts";

const ADDON = "bsdiff-node";
/** The version of Node's binary interface in Node 24, Lambda's nodejs24.x. */
const ABI = "137";
const COMPILE_LIMIT_SECONDS = 300;

/** A platform in Node's words, `process.platform`-`process.arch`. */
export type Target = `${string}-${string}`;
export const HOST: Target = `${process.platform}-${process.arch}`;
/** What Lambda's x86_64 functions run on. */
export const LAMBDA: Target = "linux-x64";

/**
 * Compiles bsdiff-node for the Node that functions run on, unless it is done already. (`npm ci` does not: it would compile
 * for whatever Node called it, with headers from the network.) On this machine with the headers that come with that Node;
 * for Lambda's platform from another one, in Docker. Its source is changed before (adapt-bsdiff.ts).
 * @returns the package's folder with the compiled addon in it
 * @throws UserError when there is no compiler, or no Docker where it takes Docker
 */
export async function ensureNativeAddon(target: Target, log: (line: string) => void): Promise<string> {
  if (process.versions.modules !== ABI) {
    throw new UserError(
      `This is Node ${process.version}: run it by way of bin/run.mjs, which finds Node 24.`,
    );
  }
  const installed = join(root, "node_modules", ADDON);
  const folder = target === HOST ? installed : join(localFolder, "native", `${target}-abi${ABI}`, ADDON);
  const file = join(folder, "build", "Release", "bsdiff.node");
  const isThere = () => existsSync(file) && isAdapted(folder) && (target !== HOST || loads());
  if (!isThere()) {
    mkdirSync(localFolder, { recursive: true });
    const options = {
      waitSeconds: COMPILE_LIMIT_SECONDS,
      onWait: (holder: number) => log(`Waiting for process ${holder}, which compiles ${ADDON}.`),
    };
    await withLock(join(localFolder, "native.lock"), options, async () => {
      if (isThere()) return;
      // In this order: a compiled addon beside such a source was made from it.
      if (!isAdapted(installed)) rmSync(join(installed, "build"), { recursive: true, force: true });
      adapt(installed);
      if (target === HOST) await compile(log);
      else await compileInDocker(target, folder, log);
    });
  }
  checkAddon(readFileSync(file), target);
  return folder;
}

/**
 * Holds a compiled addon against where it is to run. (Its Node is checked by loading it where it was compiled.)
 * @throws UserError when it is for another machine, or needs a newer C library than Lambda's Amazon Linux 2023
 */
export function checkAddon(bytes: Buffer, target: Target): void {
  if (!target.startsWith("linux-")) return;
  const problems: string[] = [];
  // ELF: the machine is the half-word at 18 (https://refspecs.linuxfoundation.org/elf/gabi4+/ch4.eheader.html).
  const isElf = bytes.length > 20 && bytes.readUInt32BE(0) === 0x7f454c46;
  const machine = isElf && { 62: "x64", 183: "arm64" }[bytes.readUInt16LE(18)];
  if (`linux-${machine}` !== target) problems.push(`is not for ${target}`);
  const text = bytes.toString("latin1");
  for (const [library, newest] of Object.entries(LAMBDA_LIBRARIES)) {
    const needed = highestVersion(text, library);
    if (compareNumbers(needed, newest) > 0) problems.push(`needs ${library}_${needed}, Lambda has ${newest}`);
  }
  if (problems.length === 0) return;
  throw new UserError(
    `The compiled ${ADDON} ${problems.join(", and ")}. Delete its build folder and try again on Debian 12 or the like.`,
  );
}

/** Newest symbol versions of Amazon Linux 2023: glibc 2.34, and GCC 11's libstdc++. */
const LAMBDA_LIBRARIES = { GLIBC: "2.34", GLIBCXX: "3.4.29", CXXABI: "1.3.13" };

function highestVersion(text: string, library: string): string {
  const versions = [...text.matchAll(new RegExp(`\\b${library}_(\\d+(?:\\.\\d+)+)`, "g"))].map(
    ([, found = ""]) => found,
  );
  return versions.sort(compareNumbers).at(-1) ?? "0";
}

function compareNumbers(a: string, b: string): number {
  return a.localeCompare(b, "en", { numeric: true });
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
  const missing = ["make", "c++", "python3"].filter((tool) => !isInPath(tool));
  if (missing.length > 0) {
    throw new UserError(
      `Compiling ${ADDON} needs ${missing.join(", ")} (Debian and Ubuntu: apt-get install build-essential python3).`,
    );
  }
  log(`Compiling ${ADDON} for Node ${process.version}.`);
  const logFile = join(localFolder, "native.log");
  rmSync(logFile, { force: true });
  await compileAddon(ADDON, root, logFile);
  if (!loads()) throw new UserError(`${ADDON} was compiled but does not load. See ${logFile}.`);
}

/**
 * Has npm compile a package for the Node that runs this, with the headers that come with it.
 * @param folder whose node_modules has the package
 * @throws CommandError with the end of the log
 */
export async function compileAddon(name: string, folder: string, logFile: string): Promise<void> {
  // The npm that runs this script, if one does: its node-gyp is known to be there.
  const caller = process.env["npm_execpath"] ?? "";
  const [command = "npm", ...args] = [
    ...(basename(caller) === "npm-cli.js" ? [process.execPath, caller] : ["npm"]),
    ...["rebuild", name, "--ignore-scripts=false", "--foreground-scripts"],
  ];
  await run(command, args, {
    name: `Compiling ${name}`,
    cwd: folder,
    env: {
      ...process.env,
      PATH: `${nodeBin}${delimiter}${process.env["PATH"] ?? ""}`,
      // In the environment, where it is stronger than any npmrc: an npmrc's nodedir is some other Node's.
      npm_config_nodedir: join(nodeBin, ".."),
      npm_config_cache: join(cacheFolder, "npm"),
      npm_config_update_notifier: "false",
    },
    logFile,
    limitSeconds: COMPILE_LIMIT_SECONDS,
  });
}

/** In the image that AWS gives out for compiling what Lambda's Node 24 loads. It fetches Node's headers. */
async function compileInDocker(target: Target, folder: string, log: (line: string) => void): Promise<void> {
  if (!isInPath("docker")) {
    throw new UserError(
      `Functions on AWS run on ${target}, and this machine is ${HOST}: compiling ${ADDON} for them takes Docker. ` +
        "Install Docker, or deploy from Linux on x64.",
    );
  }
  log(`Compiling ${ADDON} for ${target} in Docker.`);
  const out = dirname(folder);
  mkdirSync(out, { recursive: true });
  const script = [
    `mkdir /tmp/node_modules && cp -r /in/${ADDON} /in/nan /tmp/node_modules && cd /tmp/node_modules/${ADDON}`,
    `test "$(node -p process.versions.modules)" = ${ABI} && rm -rf build && npx --yes node-gyp rebuild`,
    `node -e 'require("./")' && rm -rf /out/new /out/${ADDON} && cp -r . /out/new && mv /out/new /out/${ADDON}`,
  ].join(" && ");
  const mounts = ["-v", `${join(root, "node_modules")}:/in:ro`, "-v", `${out}:/out`];
  const image = "public.ecr.aws/sam/build-nodejs24.x:latest-x86_64";
  await run("docker", ["run", "--rm", "--platform", "linux/amd64", ...mounts, image, "bash", "-c", script], {
    name: `Compiling ${ADDON} in Docker`,
    cwd: root,
    env: process.env,
    logFile: join(localFolder, "native.log"),
    limitSeconds: COMPILE_LIMIT_SECONDS,
  });
}
