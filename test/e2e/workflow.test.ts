import { spawnSync } from "node:child_process";
import { SFNClient, StartExecutionCommand, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { clientEnvironment } from "../../local/local-aws.ts";
import { fileText } from "../lambda/support.ts";
import { roleNamed } from "./as-role.ts";
import { directory, local, options, repositoryOf } from "./setting.ts";

const COMMAND = "greet-workflow";

interface Workflow {
  jobs: {
    release: { steps: { name?: string; uses?: string; run?: string; env?: Record<string, string> }[] };
  };
}
const { jobs } = parse(fileText("examples/github-actions/release.yml")) as Workflow;
const step = jobs.release.steps.find(({ name }) => name === "Release");

/** A token as GitHub makes them, but for its signature, at which the local AWS does not look. */
function token(sub: string, aud = "sts.amazonaws.com"): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claims = { iss: "https://token.actions.githubusercontent.com", aud, sub };
  return `${part({ alg: "RS256", typ: "JWT" })}.${part(claims)}.${part("signature")}`;
}

/** What the action does with a token. @throws Error with AWS's words */
async function sessionFor(webIdentityToken: string) {
  const { Arn = "" } = await roleNamed("GithubActionsRole");
  const names = ["--role-session-name", "GitHubActions", "--role-arn", Arn];
  const { status, stdout, stderr } = spawnSync(
    "aws",
    ["sts", "assume-role-with-web-identity", ...names, "--web-identity-token", webIdentityToken],
    { encoding: "utf8", env: clientEnvironment(local) },
  );
  if (status !== 0) throw new Error(stderr);
  const { Credentials: found } = JSON.parse(stdout);
  return {
    accessKeyId: String(found.AccessKeyId),
    secretAccessKey: String(found.SecretAccessKey),
    sessionToken: String(found.SessionToken),
  };
}

let session: Awaited<ReturnType<typeof sessionFor>>;
beforeAll(async () => {
  session = await sessionFor(token("repo:example/greet:ref:refs/tags/v20260105"));
});

test.each([
  ["another repository", token("repo:example/other:ref:refs/tags/v20260105")],
  ["a repository whose name goes on", token("repo:example/greet-evil:ref:refs/tags/v20260105")],
  ["another owner", token("repo:evil/greet:ref:refs/tags/v20260105")],
  ["a branch", token("repo:example/greet:ref:refs/heads/v20260105")],
  ["a pull request", token("repo:example/greet:pull_request")],
  ["an environment", token("repo:example/greet:environment:v")],
  ["another audience", token("repo:example/greet:ref:refs/tags/v20260105", "https://github.com/example")],
])("the role is not for %s", async (_, webIdentityToken) => {
  await expect(sessionFor(webIdentityToken)).rejects.toThrow(/AccessDenied/);
});

/** The workflow's own script, as a runner starts it, under the role. */
function run(tag: string) {
  const { status, stdout } = spawnSync("bash", ["-e", "-c", step?.run ?? "exit 99"], {
    encoding: "utf8",
    env: {
      ...clientEnvironment(local),
      AWS_ACCESS_KEY_ID: session.accessKeyId,
      AWS_SECRET_ACCESS_KEY: session.secretAccessKey,
      AWS_SESSION_TOKEN: session.sessionToken,
      MACHINE: local.releaseMachineArn,
      COMMAND,
      TAG: tag,
    },
    timeout: 240_000,
  });
  return { status, last: stdout.trimEnd().split("\n").at(-1) };
}

describe("the workflow for GitHub", () => {
  test("sets what its script reads, and takes its action by a commit", () => {
    expect(Object.keys(step?.env ?? {})).toEqual(["MACHINE", "COMMAND", "TAG"]);
    const actions = jobs.release.steps.flatMap(({ uses }) => uses ?? []);
    expect(actions).toEqual([expect.stringMatching(/^aws-actions\/configure-aws-credentials@[0-9a-f]{40}$/)]);
  });

  test("releases a tag and waits for it, with no more rights than the role's", async () => {
    repositoryOf(COMMAND).commitAndTag("Released by a workflow", "v20260105");
    expect(run("v20260105")).toEqual({ status: 0, last: `::notice::${COMMAND} v20260105 is released` });
    const { version } = (await (await directory(`${COMMAND}/current/linux-amd64.json`)).json()) as {
      version: string;
    };
    expect(version).toBe("20260105");
  });

  test("fails as the release does, with its words", () => {
    const { status, last } = run("v20260106");
    expect([status, last]).toEqual([1, `::error::${COMMAND} v20260106: FAILED TagNotFoundError`]);
  });

  test("does not hand on what is no tag of a release", () => {
    const { status, last } = run('v1","force":true,"x":"');
    expect([status, last]).toEqual([1, expect.stringMatching(/^::error::.* is no tag of a release/)]);
  });
});

test("the role cannot go back, nor stop a release", async () => {
  const steps = new SFNClient({ ...options, credentials: session });
  const refused = { name: "AccessDeniedException" };
  const input = JSON.stringify({ cmd: COMMAND, version: "20260105" });
  await expect(
    steps.send(new StartExecutionCommand({ stateMachineArn: local.promoteMachineArn, input })),
  ).rejects.toMatchObject(refused);
  const executionArn = `${local.releaseMachineArn.replace(":stateMachine:", ":execution:")}:any`;
  await expect(steps.send(new StopExecutionCommand({ executionArn }))).rejects.toMatchObject(refused);
});
