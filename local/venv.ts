import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { cacheFolder, localFolder, root } from "../tools/checkout.ts";
import { withLock } from "../tools/lock.ts";
import { run } from "../tools/run.ts";
import { UserError } from "../tools/user-error.ts";
import { venvBin, venvFolder } from "./paths.ts";

const requirementsFile = join(root, "local", "requirements.txt");
const stampFile = join(venvFolder, "installed.txt");
const INSTALL_LIMIT_SECONDS = 300;

/**
 * Makes the private virtual environment in .local/venv, and makes it anew when requirements.txt has changed or it is
 * incomplete. Throws UserError when Python 3.11 with venv is missing.
 */
export async function ensureVenv(log: (line: string) => void): Promise<void> {
  if (isComplete()) return;
  await mkdir(localFolder, { recursive: true });
  const options = {
    waitSeconds: INSTALL_LIMIT_SECONDS,
    onWait: (holder: number) => log(`Waiting for process ${holder}, which installs Python packages.`),
  };
  await withLock(join(localFolder, "venv.lock"), options, async () => {
    if (!isComplete()) await make(log);
  });
}

/** The stamp is written last, with the requirements that were installed. */
function isComplete(): boolean {
  return (
    existsSync(stampFile) &&
    existsSync(join(venvBin, "python")) && // a link to a Python that may have gone
    readFileSync(stampFile, "utf8") === readFileSync(requirementsFile, "utf8")
  );
}

async function make(log: (line: string) => void): Promise<void> {
  const python = findPython();
  log("Installing MiniStack and the AWS CLI into .local/venv.");
  rmSync(venvFolder, { recursive: true, force: true });
  const options = {
    cwd: root,
    // pip's own settings (an index, a proxy) stay in force; only what it writes is kept in here.
    env: { ...process.env, PIP_CACHE_DIR: join(cacheFolder, "pip"), PIP_REQUIRE_VIRTUALENV: "false" },
    logFile: join(localFolder, "venv.log"),
    limitSeconds: INSTALL_LIMIT_SECONDS,
  };
  rmSync(options.logFile, { force: true });
  await run(python, ["-m", "venv", venvFolder], { ...options, name: `${python} -m venv` });
  const install = [
    "install",
    "--no-input",
    "--disable-pip-version-check",
    "--no-deps",
    "-r",
    requirementsFile,
  ];
  await run(join(venvBin, "python"), ["-m", "pip", ...install], { ...options, name: "pip install" });
  writeFileSync(stampFile, readFileSync(requirementsFile));
}

function findPython(): string {
  const usable = ["python3", "python3.14", "python3.13", "python3.12", "python3.11"].find((python) =>
    succeeds(python, "import sys; sys.exit(sys.version_info < (3, 11))"),
  );
  if (!usable) {
    throw new UserError(
      "The local AWS needs Python 3.11 or newer as `python3` (Debian and Ubuntu: apt-get install python3 python3-venv).",
    );
  }
  // Debian ships Python without ensurepip, and venv fails without it half-way.
  if (!succeeds(usable, "import venv, ensurepip")) {
    throw new UserError(
      `${usable} has no venv module. Install it (Debian and Ubuntu: apt-get install python3-venv).`,
    );
  }
  return usable;
}

function succeeds(python: string, code: string): boolean {
  try {
    execFileSync(python, ["-c", code], { stdio: "ignore", timeout: 20_000 });
    return true;
  } catch {
    return false;
  }
}
