import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import {
  DeleteObjectCommand,
  DeletePublicAccessBlockCommand,
  GetPublicAccessBlockCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutPublicAccessBlockCommand,
} from "@aws-sdk/client-s3";
import { DeleteCommand, PutCommand, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { expect, inject, test } from "vitest";
import {
  artifactItemKey,
  currentItemKey,
  historyItemKey,
  patchItemKey,
  refusedItemKey,
  sourceItemKey,
} from "../../lambda/shared/keys.ts";
import { clientEnvironment } from "../../local/local-aws.ts";
import { CHECKS } from "../../smoke/checks.ts";
import { cleanUp } from "../../smoke/clean-up.ts";
import { newCommand, type OwnCommand, ownCommand } from "../../smoke/own-command.ts";
import { root } from "../../tools/checkout.ts";
import { local, s3, table } from "./setting.ts";
import { userWhoMay } from "./users.ts";

const Bucket = local.artifactsBucket;
const TOOL = [join(root, "bin", "run.mjs"), join(root, "smoke", "main.ts")];
const HERE = ["--local", "--folder", join(inject("setting").repositories, "aws")];

async function run(...args: string[]) {
  return runAs(process.env, ...args);
}

async function runAs(env: NodeJS.ProcessEnv, ...args: string[]) {
  return promisify(execFile)(process.execPath, [...TOOL, ...args], { env }).then(
    ({ stdout }) => ({ status: 0, lines: stdout.trimEnd().split("\n") }),
    ({ code, stdout, stderr }) => ({ status: code, lines: `${stdout}${stderr}`.trimEnd().split("\n") }),
  );
}

/** All that is stored, whosever it is. */
async function everything() {
  const { Versions = [], DeleteMarkers = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket }));
  const { Items = [] } = await table.documents.send(
    new ScanCommand({ TableName: table.name, ConsistentRead: true }),
  );
  const objects = [...Versions, ...DeleteMarkers].map(({ Key, VersionId }) => `${Key} ${VersionId}`);
  return [...objects, ...Items.map((row) => JSON.stringify(row))].toSorted();
}

/** What a line says about its check. */
const outcomeOf = (lines: string[], name: string) =>
  lines.find((line) => line.slice(9).startsWith(name))?.split(" ")[0];

test("every check holds on the local AWS or is skipped by its name, and nothing stays", async () => {
  const before = await everything();
  const { status, lines } = await run(...HERE);
  expect(lines.filter((line) => line.startsWith("FAILED"))).toEqual([]);
  expect(Object.fromEntries(CHECKS.map(({ name }) => [name, outcomeOf(lines, name)]))).toEqual(
    Object.fromEntries(CHECKS.map(({ name, notLocal }) => [name, notLocal ? "skipped" : "ok"])),
  );
  expect(lines.find((line) => line.includes("the tools are there"))).toMatch(/\(go version go.*git version/);
  // Two artifacts, a patch, current, its history; two binaries and a patch.
  expect(lines).toContain("removed 8:");
  expect(status).toBe(0);
  expect(await everything()).toEqual(before);
});

test("a bucket that may become public is told, and the end says so", async () => {
  const before = await everything();
  const block = await s3.send(new GetPublicAccessBlockCommand({ Bucket }));
  await s3.send(new DeletePublicAccessBlockCommand({ Bucket }));
  try {
    const { status, lines } = await run(...HERE, "--no-build");
    expect(status).toBe(1);
    const failed = lines.filter((line) => line.startsWith("FAILED"));
    expect(failed).toEqual([expect.stringContaining("bucket: all public access is blocked")]);
    expect(outcomeOf(lines, "build image")).toBe("skipped");
    expect(outcomeOf(lines, "audit")).toBe("ok");
  } finally {
    const { PublicAccessBlockConfiguration } = block;
    await s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
  }
  expect(await everything()).toEqual(before);
});

/** The statements of what docs/first-deployment.md says that it takes. */
function documentedRights(): object[] {
  const text = readFileSync(join(root, "docs", "first-deployment.md"), "utf8");
  const [, section = ""] = /### Who may run the checks\n(.*?)\n## /s.exec(text) ?? [];
  const rows = [...section.matchAll(/^\| (`[a-z0-9-]+:.*?) \| (.*?) \|$/gm)];
  const api = /execute-api\/(\w+)/.exec(local.directoryUrl)?.[1] ?? "";
  const arns: { [on: string]: string } = {
    "`<api>/$default/PUT/hkdist-smoke-*`": `arn:aws:execute-api:*:*:${api}/$default/PUT/hkdist-smoke-*`,
    "`<ArtifactsBucket>/hkdist-smoke-*`": `arn:aws:s3:::${Bucket}/hkdist-smoke-*`,
    "`<ArtifactsBucket>`": `arn:aws:s3:::${Bucket}`,
  };
  expect(rows.map(([, , on]) => on)).toEqual(expect.arrayContaining(Object.keys(arns)));
  return rows.map(([, actions = "", on = ""]) => ({
    Effect: "Allow",
    Action: [...actions.matchAll(/`(.*?)`/g)].map(([, action]) => action),
    Resource: arns[on] ?? "*",
  }));
}

test("asked like AWS with the documented rights, what the local AWS lacks fails, and nothing stays", async () => {
  const before = await everything();
  const { accessKeyId, secretAccessKey } = await userWhoMay(documentedRights());
  const env = {
    ...clientEnvironment(local),
    ...{ AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey },
  };
  const { status, lines } = await runAs(env, "--stack", "hkdist");
  expect(status).toBe(1);
  const failed = CHECKS.filter(({ name }) => outcomeOf(lines, name) === "FAILED");
  // The audit finds the object that should have been denied. The image is this machine.
  const others = failed.filter(({ name }) => !/^(audit|build image)/.test(name));
  expect(others.map(({ name }) => name)).toEqual([
    "bucket: a put without condition is denied",
    "CDN: plain HTTP is refused",
    "CDN: HTTP/2 is offered",
  ]);
  expect(outcomeOf(lines, "audit")).toBe("FAILED");
  expect(lines.filter((line) => line.includes("could not remove"))).toEqual([]);
  expect(await everything()).toEqual(before);
});

test("interrupted in the middle it cleans up", async () => {
  const before = await everything();
  const child: ChildProcess = spawn(process.execPath, [...TOOL, ...HERE, "--no-build"]);
  let said = "";
  child.stdout?.on("data", (data: Buffer) => {
    const isFirst = !said.includes("taken once");
    said += data.toString();
    if (isFirst && said.includes("taken once")) child.kill("SIGTERM");
  });
  const [status] = (await once(child, "exit")) as [number];
  expect(said).toContain("interrupted: cleaning up");
  expect(said).not.toContain("audit: finds nothing");
  expect(status).toBe(1);
  expect(await everything()).toEqual(before);
});

test("only what is under the checks' own name is removed", async () => {
  const before = await everything();
  const cmd = newCommand();
  const put = async (of: string) => {
    const id = { cmd: of, version: "20000101", platform: "linux-amd64" };
    const keys = [
      artifactItemKey(id),
      currentItemKey(of),
      historyItemKey(of, 1),
      patchItemKey({ ...id, from: "20000101", to: "20000102" }),
      sourceItemKey(of, "20000101"),
      refusedItemKey(`${of}/x.gz`, "1"),
    ];
    for (const Item of keys) await table.documents.send(new PutCommand({ TableName: table.name, Item }));
    const Key = `${of}/object`;
    const { VersionId } = await s3.send(new PutObjectCommand({ Bucket, Key, Body: "x", IfNoneMatch: "*" }));
    return async () => {
      for (const Key of keys) await table.documents.send(new DeleteCommand({ TableName: table.name, Key }));
      await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));
    };
  };
  const removeNeighbour = await put(`${cmd}0`);
  try {
    const withNeighbour = await everything();
    await put(cmd);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: `${cmd}/object` }));
    const { removed, stayed } = await cleanUp({ s3, bucket: Bucket, table }, cmd);
    expect(stayed).toEqual([]);
    // Six rows; the object and its delete marker.
    expect(removed).toHaveLength(8);
    expect(await everything()).toEqual(withNeighbour);
  } finally {
    await removeNeighbour();
  }
  expect(await everything()).toEqual(before);
});

test.each([
  "",
  "greet",
  "hkdist-smoke-",
  "hkdist-smoke-0123456789abcdef0",
  "hkdist-smoke-0123456789ABCDEF",
])("%j is no command of the checks", async (cmd) => {
  expect(() => ownCommand(cmd)).toThrow("is not a command of these checks");
  await expect(cleanUp({ s3, bucket: Bucket, table }, cmd as OwnCommand)).rejects.toThrow();
});

test.each([
  [[], 2, "npm run smoke"],
  [["--local", "--region", "eu-west-1"], 2, "npm run smoke"],
  [["--local", "--folder", "no-such-folder"], 1, "There is no local AWS in"],
  [[...HERE, "--stack", "no-such-stack"], 1, "Stack no-such-stack cannot be looked at"],
])("%j ends with %d", async (args, status, said) => {
  const ended = await run(...args);
  expect([ended.status, ended.lines[0]]).toEqual([status, expect.stringContaining(said)]);
});
