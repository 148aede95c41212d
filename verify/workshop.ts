import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { localFolder, root } from "../tools/checkout.ts";
import { run } from "../tools/run.ts";

/** The buckets' names here. */
const BUCKETS = { HKDIST_SOURCES_BUCKET: "sources", HKDIST_ARTIFACTS_BUCKET: "artifacts" };
const LIMIT_SECONDS = 3600;
/** What compiling and fetching modules need of the user's environment; a hook could tell the rest, tokens for instance. */
const NEEDED =
  /^(PATH|HOME|TMPDIR|GOCACHE|XDG_CACHE_HOME|GOPROXY|GOSUMDB|SSL_CERT_(FILE|DIR)|GIT_SSL_CAINFO|(HTTPS?|NO)_PROXY|(https?|no)_proxy)$/;

/** The part of an environment that the scripts get. */
export function neededOf(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => NEEDED.test(name)));
}

/**
 * A folder in which the builds' own scripts run as they do in CodeBuild, with files in the place of S3's objects. So
 * there is no second way to build that could differ from the first.
 */
export class Workshop {
  private readonly folder: string;
  private readonly logFile: string;

  /** @param name of its folder, and of the log file in .local @param parent the folder that it is made in */
  constructor(name = "verify", parent = tmpdir()) {
    this.folder = mkdtempSync(join(parent, `hkdist-${name}-`));
    this.logFile = join(localFolder, `${name}.log`);
    mkdirSync(localFolder, { recursive: true });
    rmSync(this.logFile, { force: true });
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  sources(key: string): string {
    return this.path("store", BUCKETS.HKDIST_SOURCES_BUCKET, key);
  }

  artifacts(key: string): string {
    return this.path("store", BUCKETS.HKDIST_ARTIFACTS_BUCKET, key);
  }

  storeSource(key: string, body: string | Uint8Array): void {
    mkdirSync(dirname(this.sources(key)), { recursive: true });
    writeFileSync(this.sources(key), body);
  }

  /**
   * Runs a script of buildspec/.
   * @param settings its `HKDIST_` variables but for the buckets
   * @param hook the text of the deployment's hook
   * @returns the shell variables that it exported, if it did
   * @throws CommandError with the end of its output
   */
  async runScript(
    script: string,
    settings: Record<string, string>,
    hook?: string,
  ): Promise<Record<string, string>> {
    const scripts = this.path(script.replace(/\W/g, "-"));
    rmSync(scripts, { recursive: true, force: true });
    cpSync(join(root, "buildspec"), scripts, { recursive: true });
    const hookFile = join(scripts, "hook");
    if (hook !== undefined) writeFileSync(hookFile, hook);
    const exported = join(scripts, "exported");
    // As the buildspec does it: the script leaves its variables as shell.
    const shell = `bash "$1" && { test ! -e outcome.env || { . ./outcome.env && env -0 >"$2"; }; }`;
    await run("bash", ["-c", shell, "bash", script, exported], {
      name: script,
      cwd: scripts,
      env: {
        ...neededOf(process.env),
        ...settings,
        ...BUCKETS,
        HKDIST_HOOK: hook === undefined ? "" : hookFile,
        STORE_FOLDER: this.path("store"),
        PATH: [join(root, "verify", "bin"), process.env["PATH"] ?? ""].join(delimiter),
      },
      logFile: this.logFile,
      limitSeconds: LIMIT_SECONDS,
    });
    const words = existsSync(exported) ? readFileSync(exported, "utf8").split("\0") : [];
    return Object.fromEntries(words.map((word) => word.split(/=(.*)/s, 2) as [string, string]));
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
