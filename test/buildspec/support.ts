import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(dirname(here));
const { PATH: path } = process.env;

export const SOURCES = "sources-bucket";
export const ARTIFACTS = "artifacts-bucket";

type Environment = Record<string, string | undefined>;

/** A private folder with everything that a build sees: home, objects, repositories; `remove` deletes it. */
export class Lab {
  readonly folder = mkdtempSync(join(tmpdir(), "hkdist-buildspec-"));
  readonly objects = join(this.folder, "objects");
  readonly goproxy = join(this.folder, "goproxy");

  constructor() {
    for (const path of [this.objects, this.goproxy, this.path("home")]) mkdirSync(path);
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  object(bucket: string, key: string): Buffer {
    return readFileSync(join(this.objects, bucket, key));
  }

  exists(bucket: string, key: string): boolean {
    return existsSync(join(this.objects, bucket, key));
  }

  putOptions(bucket: string, key: string): string[] {
    return this.object(bucket, `${key}.options`).toString().trimEnd().split("\n");
  }

  put(bucket: string, key: string, content: string): void {
    const path = join(this.objects, bucket, key);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  }

  /** The next puts fail, one for each message. */
  failPuts(...messages: string[]): void {
    writeFileSync(join(this.objects, "errors"), messages.map((message) => `${message}\n`).join(""));
  }

  /** The whole environment of a command: nothing comes from the machine but PATH. */
  environment(more: Environment = {}): Environment {
    return {
      PATH: `${join(here, "stand-in")}:${path}`,
      HOME: this.path("home"),
      STAND_IN_S3: this.objects,
      GOCACHE: join(root, ".local", "cache", "go-build"),
      GOPROXY: `file://${this.goproxy}`,
      GOSUMDB: "off",
      GOTOOLCHAIN: "local",
      GOFLAGS: "-modcacherw", // a read-only module cache could not be removed
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_AUTHOR_NAME: "A",
      GIT_AUTHOR_EMAIL: "a@example.com",
      GIT_AUTHOR_DATE: "2026-01-22T12:00:00+0200",
      GIT_COMMITTER_NAME: "C",
      GIT_COMMITTER_EMAIL: "c@example.com",
      GIT_COMMITTER_DATE: "2026-01-22T12:00:00+0200",
      ...more,
    };
  }

  /** Writes a file of the configuration; answers its path. */
  configured(name: string, content: string): string {
    const path = this.path(`configured-${name}`);
    writeFileSync(path, content);
    return path;
  }

  run(cwd: string, command: string, ...args: string[]): string {
    return this.runWith({}, cwd, command, ...args);
  }

  runWith(environment: Environment, cwd: string, command: string, ...args: string[]): string {
    return execFileSync(command, args, {
      cwd,
      env: this.environment(environment),
      encoding: "utf8",
      stdio: "pipe",
    }).trim();
  }

  /** Like `run`, for a command that talks to a server in this process. */
  async spawn(environment: Environment, cwd: string, command: string, ...args: string[]): Promise<void> {
    const env = this.environment(environment) as NodeJS.ProcessEnv;
    const child = spawn(command, args, { cwd, env, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    child.stderr.on("data", (data) => (errors += data));
    const [code] = await once(child, "close");
    if (code !== 0) throw new Error(`${command} ${args.join(" ")}: ${errors}`);
  }

  repository(name = "repository"): Repository {
    return new Repository(this, this.path(name));
  }

  /** Runs what the buildspec says, in a new folder that holds the scripts, as CodeBuild does. */
  private async build(buildspec: string, environment: Environment, folder?: string): Promise<BuildRun> {
    const cwd = folder ?? mkdtempSync(this.path("build-"));
    mkdirSync(cwd, { recursive: true });
    cpSync(join(root, "buildspec"), cwd, { recursive: true });
    const text = readFileSync(join(cwd, buildspec), "utf8");
    const commands = [...text.matchAll(/^ {6}- (.+)$/gm)].map((match) => match[1] ?? "");
    const variables = [...text.matchAll(/^ {4}- (\w+)$/gm)].map((match) => match[1] ?? "");
    const exported = join(cwd, "exported");
    const script = [
      ...commands.map((command) => `${command} || exit`),
      `for name in ${variables.join(" ")}; do printf '%s\\0%s\\0' "$name" "\${!name?}"; done >'${exported}'`,
    ].join("\n");

    const child = spawn("bash", ["-c", script], {
      cwd,
      env: this.environment(environment) as NodeJS.ProcessEnv,
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (log += data));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on("error", reject);
      child.on("close", resolve);
    });
    const words = existsSync(exported) ? readFileSync(exported, "utf8").split("\0") : [];
    const values = variables.map((name, index) => [name, words[2 * index + 1] ?? ""]);
    return { exitCode, log, outcome: Object.fromEntries(values) as Outcome, cwd };
  }

  source(environment: Environment, folder?: string): Promise<BuildRun> {
    return this.build(
      "source.yml",
      {
        HKDIST_COMMAND: "tool",
        HKDIST_BRANCH: "main",
        HKDIST_MAIN_PACKAGE: ".",
        HKDIST_PLATFORMS: "linux-amd64 windows-amd64",
        HKDIST_GO_VERSION: "",
        HKDIST_SOURCES_BUCKET: SOURCES,
        HKDIST_TAG: "",
        ...environment,
      },
      folder,
    );
  }

  compile(plan: Plan, environment: Environment = {}, folder?: string): Promise<BuildRun> {
    const lines = [
      `version\t${plan.version}`,
      `commit\t${plan.commit}`,
      `date\t${plan.date}`,
      `archiveKey\t${plan.archiveKey}`,
      `archiveSha256\t${plan.archiveSha256}`,
      `goVersion\t${plan.goVersion}`,
      `reportKey\t${REPORT}`,
      ...plan.platforms.map((platform) => `platform\t${platform}`),
      ...(plan.more ?? []),
    ];
    this.put(SOURCES, "plans/tool/plan", `${lines.join("\n")}\n`);
    return this.build(
      "build.yml",
      {
        HKDIST_COMMAND: "tool",
        HKDIST_MAIN_PACKAGE: ".",
        HKDIST_VERSION_VARIABLE: "main.version",
        HKDIST_DIRECTORY_URL_VARIABLE: "main.directoryURL",
        HKDIST_DIRECTORY_URL: "https://directory.example/$default/",
        HKDIST_ARTIFACTS_URL_VARIABLE: "",
        HKDIST_ARTIFACTS_URL: "https://artifacts.example/",
        HKDIST_SOURCES_BUCKET: SOURCES,
        HKDIST_ARTIFACTS_BUCKET: ARTIFACTS,
        HKDIST_PLAN_KEY: "plans/tool/plan",
        ...environment,
      },
      folder,
    );
  }

  /** What the report tells of how all was built: names and decoded texts. */
  reportedSettings(): Record<string, string> {
    const lines = this.reportLines().filter(([, state]) => state === "set");
    return Object.fromEntries(
      lines.map(([name = "", , text = ""]) => [name, Buffer.from(text, "base64").toString()]),
    );
  }

  /** What the report has from `go version -m` on a platform. */
  reportedModules(platform: string): string {
    const line = this.reportLines().find(([name]) => name === platform);
    return Buffer.from(line?.[3] ?? "", "base64").toString();
  }

  private reportLines(): string[][] {
    const lines = this.object(SOURCES, REPORT).toString().trimEnd().split("\n");
    return lines.map((line) => line.split("\t"));
  }

  /** The report's lines on platforms: platform, state, and the hash or the decoded message. */
  report(): string[][] {
    return this.reportLines()
      .filter(([, state]) => state !== "set")
      .map(([platform = "", state = "", value = ""]) => [
        platform,
        state,
        state === "failed" ? Buffer.from(value, "base64").toString() : value,
      ]);
  }

  /** Adds example.com/dep v1.0.0 to the file GOPROXY; its package `dep` has the constant Word. */
  publishDependency(): void {
    const module = this.repository("dep");
    module.write({
      "go.mod": "module example.com/dep\n\ngo 1.24.0\n",
      "dep.go": 'package dep\n\nconst Word = "dep"\n',
    });
    module.commit();
    const versions = join(this.goproxy, "example.com", "dep", "@v");
    mkdirSync(versions, { recursive: true });
    module.git(
      "archive",
      "--format=zip",
      "--prefix=example.com/dep@v1.0.0/",
      `--output=${versions}/v1.0.0.zip`,
      "HEAD",
    );
    cpSync(module.path("go.mod"), join(versions, "v1.0.0.mod"));
    writeFileSync(join(versions, "v1.0.0.info"), '{"Version":"v1.0.0","Time":"2026-01-01T00:00:00Z"}');
  }
}

const REPORT = "reports/tool/report";

/** The plan that Plan writes for what the source build found. */
export function planOf({ outcome, log }: BuildRun, ...platforms: string[]): Plan {
  if (outcome.OUTCOME !== "archived") throw new Error(`no archive: ${outcome.REASON}\n${log}`);
  return {
    version: outcome.TAG.slice(1),
    commit: outcome.COMMIT,
    date: outcome.TAG_DATE,
    archiveKey: outcome.ARCHIVE_KEY,
    archiveSha256: outcome.ARCHIVE_SHA256,
    goVersion: outcome.GO_VERSION,
    platforms,
  };
}

export interface Plan {
  version: string;
  commit: string;
  /** RFC 3339, UTC. */
  date: string;
  archiveKey: string;
  archiveSha256: string;
  goVersion: string;
  platforms: string[];
  more?: string[];
}

type Outcome = Record<
  | "OUTCOME"
  | "REFUSAL"
  | "REASON"
  | "TAG"
  | "TAG_OBJECT"
  | "COMMIT"
  | "COMMIT_DATE"
  | "TAG_DATE"
  | "TAG_ON_BRANCH"
  | "SIGNER"
  | "GO_VERSION"
  | "ARCHIVE_KEY"
  | "ARCHIVE_SHA256",
  string
>;

export interface BuildRun {
  exitCode: number | null;
  log: string;
  /** The exported variables, read as CodeBuild does after the commands; empty for a build that exports none. */
  outcome: Outcome;
  cwd: string;
}

export class Repository {
  private readonly lab: Lab;
  readonly folder: string;

  constructor(lab: Lab, folder: string) {
    this.lab = lab;
    this.folder = folder;
    mkdirSync(folder);
    this.git("init", "--quiet", "--initial-branch=main");
  }

  path(...parts: string[]): string {
    return join(this.folder, ...parts);
  }

  write(files: Record<string, string>): void {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      writeFileSync(this.path(name), content);
    }
  }

  git(...args: string[]): string {
    return this.lab.run(this.folder, "git", ...args);
  }

  /** Commits everything and puts the tags on it; answers the commit's id. */
  commit(...tags: string[]): string {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", "change");
    for (const tag of tags) this.git("update-ref", `refs/tags/${tag}`, "HEAD");
    return this.git("rev-parse", "HEAD");
  }

  /** Lets Go write the checksums of what go.mod requires. */
  sum(): void {
    this.lab.run(this.folder, "go", "mod", "tidy");
  }
}

/** A program that needs next to nothing of the standard library, so that it compiles fast. */
export const PROGRAM = {
  "go.mod": "module example.com/tool\n\ngo 1.24.0\n",
  "main.go": `package main

import "os"

var version = "dev"
var directoryURL = "none"
var artifactsURL = "none"

func main() { os.Stdout.WriteString(version + " " + directoryURL + " " + artifactsURL) }
`,
};
