// The bridge's CodeBuild, on a server of its own without the app.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  CreateProjectCommand,
  type EnvironmentVariable,
  StartBuildCommand,
  StopBuildCommand,
} from "@aws-sdk/client-codebuild";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { clientEnvironment } from "../../local/local-aws.ts";
import { keptPort } from "../../local/port.ts";
import { endpoint, health, startServer, stopServer } from "../../local/server.ts";
import { ensureVenv } from "../../local/venv.ts";
import { localFolder } from "../../tools/checkout.ts";

const folder = join(localFolder, "test-builds");
const region = "us-east-1";
let port: number;
let codebuild: CodeBuildClient;

beforeAll(async () => {
  await ensureVenv(() => {});
  await stopServer(folder, null);
  rmSync(folder, { recursive: true, force: true });
  port = await keptPort(join(folder, "port"));
  vi.stubEnv("OF_THE_DEVELOPER", "secret");
  await startServer({ folder, port, region, auth: false });
  vi.unstubAllEnvs();
  codebuild = new CodeBuildClient({
    endpoint: endpoint(port),
    region,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  await codebuild.send(
    new CreateProjectCommand({
      name: "project",
      source: { type: "NO_SOURCE", buildspec: "version: 0.2\nphases: {}\n" },
      artifacts: { type: "NO_ARTIFACTS" },
      environment: {
        type: "LINUX_CONTAINER",
        image: "none",
        computeType: "BUILD_GENERAL1_SMALL",
        environmentVariables: [
          { name: "OF_PROJECT", value: "project" },
          { name: "OVERRIDDEN", value: "project" },
        ],
      },
      serviceRole: "arn:aws:iam::000000000000:role/build",
    }),
  );
}, 300_000);

afterAll(async () => {
  await stopServer(folder, port);
  rmSync(folder, { recursive: true, force: true });
});

async function start(
  buildspec: string,
  variables: EnvironmentVariable[] = [],
  minutes?: number,
): Promise<string> {
  const answer = await codebuild.send(
    new StartBuildCommand({
      projectName: "project",
      buildspecOverride: buildspec,
      environmentVariablesOverride: variables,
      ...(minutes === undefined ? {} : { timeoutInMinutesOverride: minutes }),
    }),
  );
  return answer.build?.id ?? "";
}

async function get(id: string): Promise<Build> {
  const answer = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
  return answer.builds?.[0] ?? {};
}

async function ended(id: string): Promise<Build> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const build = await get(id);
    if (build.buildComplete) return build;
    await sleep(50);
  }
  throw new Error(`build ${id} did not end`);
}

function aws(...args: string[]): string {
  const env = clientEnvironment({ endpointUrl: endpoint(port), region });
  return execFileSync("aws", args, { env, encoding: "utf8" });
}

function log(build: Build): string {
  const { groupName = "", streamName = "" } = build.logs ?? {};
  const stream = ["--log-group-name", groupName, "--log-stream-name", streamName];
  const output = aws("logs", "get-log-events", ...stream, "--query", "events[].message");
  return (JSON.parse(output) as string[]).join("");
}

function phase(build: Build, name: string) {
  return build.phases?.find(({ phaseType }) => phaseType === name);
}

/** Ids of processes with these words in their command line. */
function processes(words: string): string[] {
  return readdirSync("/proc").filter((entry) => {
    try {
      return /^\d+$/.test(entry) && readFileSync(`/proc/${entry}/cmdline`, "utf8").includes(words);
    } catch {
      return false;
    }
  });
}

describe("a build", () => {
  it("runs its phases in one shell, and exports variables", async () => {
    const build = await ended(
      await start(
        `version: 0.2
env:
  shell: bash
  variables: { OF_SPEC: spec, RESULT: none }
  exported-variables: [RESULT, NOT_SET]
phases:
  install:
    commands:
      - local_only=carried
      - mkdir inner && cd inner
  build:
    commands:
      - echo "$local_only $OF_PROJECT $OVERRIDDEN $OF_SPEC $PWD"
      - |
        [[ $PWD == "$CODEBUILD_SRC_DIR/inner" && $HOME != "$CODEBUILD_SRC_DIR" ]]
        RESULT='two
        lines'
  post_build:
    commands:
      - echo "succeeding $CODEBUILD_BUILD_SUCCEEDING"
      - aws sts get-caller-identity --query Arn --output text
      - env | sort
`,
        [{ name: "OVERRIDDEN", value: "call" }],
      ),
    );
    expect(build).toMatchObject({
      buildStatus: "SUCCEEDED",
      exportedEnvironmentVariables: [{ name: "RESULT", value: "two\nlines" }],
    });
    const lines = log(build);
    expect(lines).toContain("carried project call spec");
    expect(lines).toContain("succeeding 1");
    expect(lines).toContain("assumed-role/build");
    expect(lines).not.toContain("OF_THE_DEVELOPER");
  });

  it("tells which command failed, runs post_build, and has no outcome of later commands", async () => {
    const build = await ended(
      await start(`version: 0.2
env: { shell: bash, exported-variables: [AFTER] }
phases:
  build:
    commands: ["(exit 3)", export AFTER=yes]
  post_build:
    commands: ['echo "succeeding $CODEBUILD_BUILD_SUCCEEDING"']
`),
    );
    expect(build).toMatchObject({ buildStatus: "FAILED", exportedEnvironmentVariables: [] });
    expect(phase(build, "BUILD")).toMatchObject({
      phaseStatus: "FAILED",
      contexts: [
        {
          statusCode: "COMMAND_EXECUTION_ERROR",
          message: "Error while executing command: (exit 3). Reason: exit status 3",
        },
      ],
    });
    expect(phase(build, "POST_BUILD")).toMatchObject({ phaseStatus: "SUCCEEDED" });
    expect(log(build)).toContain("succeeding 0");
  });

  it("carries the environment over a command that ends its shell, and stops after a failed pre_build", async () => {
    const build = await ended(
      await start(`version: 0.2
phases:
  install: { commands: [export KEPT=kept, cd /, exit 0] }
  pre_build: { commands: [echo "$KEPT in $PWD", set -e, "false", echo unreachable] }
  build: { commands: [echo unreachable] }
`),
    );
    expect(build.buildStatus).toBe("FAILED");
    expect(phase(build, "PRE_BUILD")?.contexts?.[0]?.message).toContain(
      "command: false. Reason: exit status 1",
    );
    expect(phase(build, "BUILD")).toBeUndefined();
    expect(log(build)).toContain("kept in /\n");
  });

  it("ends with everything that it started when its time is over", async () => {
    const build = await ended(
      await start(
        "version: 0.2\nphases: {build: {commands: [sleep 4711 & sleep 4711]}, post_build: {commands: [echo no]}}\n",
        [],
        0.01,
      ),
    );
    expect(build.buildStatus).toBe("TIMED_OUT");
    expect(phase(build, "BUILD")).toMatchObject({
      phaseStatus: "TIMED_OUT",
      contexts: [{ statusCode: "BUILD_TIMED_OUT" }],
    });
    expect(phase(build, "POST_BUILD")).toBeUndefined();
    expect(processes("sleep\u00004711")).toEqual([]);
  });

  it("ends with everything that it started when it is stopped, deaf to SIGTERM or not", async () => {
    const id = await start(
      "version: 0.2\nphases: {build: {commands: [\"trap '' TERM; sleep 4712 & sleep 4712; sleep 4712\"]}}\n",
    );
    await vi.waitFor(() => expect(processes("sleep\u00004712")).toHaveLength(2), 5000);
    expect(await health(folder, port)).toMatchObject({ folder, running: [] });
    const { build } = await codebuild.send(new StopBuildCommand({ id }));
    expect(build?.buildStatus).toBe("STOPPED");
    expect(processes("sleep\u00004712")).toEqual([]);
    expect(readdirSync(join(folder, "builds"))).toEqual([]);
  }, 20_000);

  it("gets secrets and parameters, and masks them in its log", async () => {
    aws("secretsmanager", "create-secret", "--name", "git", "--secret-string", '{"token":"hush-hush"}');
    aws("ssm", "put-parameter", "--name", "/git/user", "--type", "SecureString", "--value", "robot-user");
    const build = await ended(
      await start(
        "version: 0.2\nphases: {build: {commands: ['[ $TOKEN$USER_NAME = hush-hushrobot-user ]', 'echo as $TOKEN']}}\n",
        [
          { name: "TOKEN", type: "SECRETS_MANAGER", value: "git:token" },
          { name: "USER_NAME", type: "PARAMETER_STORE", value: "/git/user" },
        ],
      ),
    );
    expect(build.buildStatus).toBe("SUCCEEDED");
    expect(log(build)).toContain("as ***\n");
  });

  it("fails in DOWNLOAD_SOURCE when a secret is missing", async () => {
    const missing: EnvironmentVariable = { name: "TOKEN", type: "SECRETS_MANAGER", value: "none" };
    const build = await ended(
      await start("version: 0.2\nphases: {build: {commands: ['true']}}\n", [missing]),
    );
    expect(build.buildStatus).toBe("FAILED");
    expect(phase(build, "DOWNLOAD_SOURCE")?.phaseStatus).toBe("FAILED");
  });

  it("refuses what it would have to skip", async () => {
    const build = await ended(
      await start("version: 0.2\nartifacts: {files: [x]}\nphases: {build: {commands: ['true']}}\n"),
    );
    expect(build.buildStatus).toBe("FAILED");
    expect(phase(build, "DOWNLOAD_SOURCE")?.contexts?.[0]).toMatchObject({
      statusCode: "YAML_FILE_ERROR",
      message: "the buildspec: not implemented locally: artifacts",
    });
  });

  it("does not outlive a server that is killed", async () => {
    await start("version: 0.2\nphases: {build: {commands: [sleep 4713]}}\n");
    await vi.waitFor(() => expect(processes("sleep\u00004713")).toHaveLength(1), 5000);
    const server = await health(folder, port);
    process.kill(server?.pid ?? 0, "SIGKILL");
    await vi.waitFor(() => expect(processes("sleep\u00004713")).toEqual([]), 10_000);
    expect(existsSync(join(folder, "server.json"))).toBe(true);
  }, 20_000);
});
