import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { Audited, Doctor, Failure, Outcome } from "../../cli/shapes.ts";
import { clientEnvironment } from "../../local/local-aws.ts";
import { hostPlatform } from "../../tools/install.ts";
import {
  ensureReleased,
  hkdist,
  hkdistAnywhere,
  hkdistJson,
  NOTHING_TO_DO,
  OPERATED,
  RELEASED,
} from "./cli.ts";
import { directory, local, options, s3 } from "./setting.ts";
import { userWithPolicies } from "./users.ts";

const cmd = OPERATED;
const PROMOTE = ["promote", cmd, RELEASED, "--force", "--yes"];

beforeAll(() => ensureReleased());

type Policy = "Look" | "Release" | "Promote";

/** What the stack says of itself. */
async function outputs(): Promise<Record<string, string>> {
  const client = new CloudFormationClient(options);
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName: "hkdist" }));
  return Object.fromEntries(
    (Stacks[0]?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]),
  );
}

/** Until the test is over, the environment is that of a new user who has exactly these policies of the stack. */
async function become(...policies: Policy[]): Promise<void> {
  const named = await outputs();
  const arns = policies.map((policy) => named[`${policy}PolicyArn`] ?? "");
  const { accessKeyId, secretAccessKey } = await userWithPolicies(...arns);
  stubCredentials(accessKeyId, secretAccessKey);
}

/** Until the test is over, what asks AWS gets to the local one, with these credentials. */
function stubCredentials(accessKeyId: string, secretAccessKey: string): void {
  const own = Object.keys(process.env).filter((name) => name.startsWith("AWS_"));
  for (const name of own) vi.stubEnv(name, undefined);
  for (const [name, value] of Object.entries(clientEnvironment(local))) vi.stubEnv(name, value);
  vi.stubEnv("AWS_ACCESS_KEY_ID", accessKeyId);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secretAccessKey);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
}

test("who has Look can look at everything, and is told which policies starting something takes", async () => {
  await become("Look");
  await hkdist(...NOTHING_TO_DO);
  const looks = [
    ...[["status"], ["releases", cmd], ["show", cmd, RELEASED], ["history", cmd]],
    ...[["watch", cmd], ["audit", cmd, "--deep", "--settle", "0"], ["doctor"]],
  ];
  const ended = await Promise.all(looks.map((args) => hkdistAnywhere(...args)));
  expect(ended.map(({ exit, err }, index) => [looks[index], exit, err])).toEqual(
    looks.map((args) => [args, 0, ""]),
  );
  for (const [policy, args] of [
    ["Release", NOTHING_TO_DO],
    ["Promote", PROMOTE],
  ] as const) {
    const { exit, err } = await hkdistAnywhere(...args);
    expect([policy, exit]).toEqual([policy, 4]);
    expect(err).toMatch(
      /^error: Nothing was started\. These credentials may not do that: .*states:StartExecution/,
    );
    expect(err).toContain(`\nnext:  ask for the stack's ${policy}PolicyArn (docs/operators.md)\n`);
  }
  const { out } = await hkdistAnywhere(...PROMOTE, "--json");
  expect(Failure.parse(JSON.parse(out)).error.kind).toBe("NotAllowed");
});

test("who has Release, too, can release, and not promote", async () => {
  await become("Look", "Release");
  const [{ exit, out }, refused] = await Promise.all([
    hkdistAnywhere(...NOTHING_TO_DO, "--json"),
    hkdistAnywhere(...PROMOTE),
  ]);
  expect([exit, Outcome.parse(JSON.parse(out)).status]).toEqual([0, "succeeded"]);
  expect(refused.exit).toBe(4);
});

test("who has Promote, too, can promote, and not release", async () => {
  await become("Look", "Promote");
  const [{ exit, out }, refused] = await Promise.all([
    hkdistAnywhere(...PROMOTE, "--json"),
    hkdistAnywhere(...NOTHING_TO_DO),
  ]);
  expect([exit, Outcome.parse(JSON.parse(out)).status]).toEqual([0, "succeeded"]);
  expect(refused.exit).toBe(4);
  const current = await directory(`${cmd}/current/${hostPlatform()}.json`);
  expect(await current.json()).toMatchObject({ version: RELEASED });
});

test("who has nothing is told so, and by the doctor, too", async () => {
  await become();
  const { exit, err } = await hkdistAnywhere("status");
  expect([exit, err]).toEqual([4, expect.stringContaining("cloudformation:DescribeStacks")]);
  const { exit: failed, out } = await hkdistAnywhere("doctor", "--json");
  const { checks } = Doctor.parse(JSON.parse(out));
  expect(failed).toBe(1);
  expect(checks.filter(({ state }) => state === "failed")).toMatchObject([
    { name: "stack", found: expect.stringContaining("cloudformation:DescribeStacks") },
  ]);
});

test("credentials that are none are no right that lacks", async () => {
  stubCredentials("", "");
  const { exit, out } = await hkdistAnywhere("status", "--json");
  expect([exit, Failure.parse(JSON.parse(out)).error.kind]).toEqual([4, "NoCredentials"]);
});

test("an audit finds everything in order, and says what it has looked at", async () => {
  const { exit, json } = await hkdistJson(Audited, "audit", cmd, "--settle", "0");
  expect([exit, json]).toEqual([0, { breaches: [], counts: expect.objectContaining({ commands: 1 }) }]);
  const { artifacts = 0, objects = 0 } = json.counts;
  const { exit: again, out } = await hkdist("audit", cmd, "--settle", "0");
  expect([again, out]).toEqual([
    0,
    expect.stringMatching(`^1 commands, ${artifacts} artifacts, .*, ${objects} objects, .*: no breaches\n$`),
  ]);
});

test("an audit that finds a breach names it, and ends with 1", async () => {
  const object = { Bucket: local.artifactsBucket, Key: `${cmd}/not ours.txt` };
  const { VersionId } = await s3.send(new PutObjectCommand({ ...object, Body: "?", IfNoneMatch: "*" }));
  try {
    const { exit, json } = await hkdistJson(Audited, "audit", cmd, "--settle", "0");
    expect([exit, json.breaches]).toEqual([
      1,
      [{ kind: "object-unexplained", item: object.Key, problem: expect.any(String) }],
    ]);
    const { exit: again, out } = await hkdist("audit", cmd, "--settle", "0");
    expect([again, out]).toEqual([1, expect.stringMatching(/^object-unexplained {2}.*: 1 breach\n$/s)]);
  } finally {
    await s3.send(new DeleteObjectCommand({ ...object, VersionId }));
  }
});

test("the doctor finds nothing wrong with the local AWS", async () => {
  const { exit, json } = await hkdistJson(Doctor, "doctor");
  expect(json.checks.filter(({ state }) => state === "failed")).toEqual([]);
  expect(exit).toBe(0);
  const found = Object.fromEntries(json.checks.map(({ name, found }) => [name, found]));
  expect(found).toMatchObject({
    stack: "hkdist in us-east-1 is CREATE_COMPLETE",
    commands: expect.stringContaining(cmd),
    "artifacts bucket": local.artifactsBucket,
    directory: expect.stringContaining(" answered 200 "),
  });
  const { out } = await hkdist("doctor");
  expect(out).toMatch(/^ok {7}stack {12}hkdist in us-east-1 is CREATE_COMPLETE$/m);
});

test("the doctor says what to do about a stack that is not there", async () => {
  const { exit, json } = await hkdistJson(Doctor, "doctor", "--stack", "nope");
  expect(exit).toBe(1);
  expect(json.checks.filter(({ state }) => state === "failed")).toEqual([
    {
      ...{ name: "stack", state: "failed", found: "There is no stack nope in us-east-1." },
      next: expect.stringContaining("--stack"),
    },
  ]);
});
