import { randomUUID } from "node:crypto";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ListObjectVersionsCommand, S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient, ScanCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { audit } from "../../audit/audit.ts";
import type { Config } from "../../lib/config/schema.ts";
import { clientSettings, type LocalAws, reset, up } from "../../local/local-aws.ts";
import { followRelease, startRelease } from "../../local/release.ts";
import { localFolder } from "../../tools/checkout.ts";
import { hostPlatform } from "../../tools/install.ts";
import { Repository } from "../../tools/repository.ts";

// A deployed stack that holds releases is deployed again with another configuration, on a local AWS of its own.

const CMD = "tool";
const [OLD, NEW] = ["20260105", "20260106"];
const PLATFORM = hostPlatform();
const folder = join(localFolder, `test-${process.pid}-redeploy`);
const aws = join(folder, "aws");
const config = join(folder, "hkdist.config.mjs");

let repository: Repository;
let command: Config["commands"][string];
let before: LocalAws;
let after: LocalAws;
let kept: Awaited<ReturnType<typeof everything>>;

async function deploy(configuration: Config): Promise<LocalAws> {
  writeFileSync(config, `export default ${JSON.stringify(configuration)};\n`);
  return up({ folder: aws, config, log: () => {}, endWithProcess: true });
}

async function release(local: LocalAws, version: string) {
  repository.commitAndTag(`Version ${version}`, `v${version}`);
  const ended = await followRelease(local, await startRelease(local, { cmd: CMD }));
  expect(ended).toMatchObject({ status: "SUCCEEDED" });
  return JSON.parse(ended.output ?? "");
}

const storesOf = (local: LocalAws) => {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(clientSettings(local)));
  const s3 = new S3Client(clientSettings(local));
  return { table: { name: local.table, documents }, s3, bucket: local.artifactsBucket };
};

/** What is stored, and what clients are told. */
async function everything(local: LocalAws) {
  const { table, s3, bucket } = storesOf(local);
  const { Items: rows = [] } = await table.documents.send(new ScanCommand({ TableName: table.name }));
  const { Versions: objects } = await s3.send(new ListObjectVersionsCommand({ Bucket: bucket }));
  const ask = async (url: string) => {
    const answer = await fetch(url);
    return { status: answer.status, etag: answer.headers.get("etag"), body: await answer.text() };
  };
  const key = (row: Record<string, unknown>) => `${row["pk"]} ${row["sk"]}`;
  return {
    rows: rows.toSorted((one, other) => key(one).localeCompare(key(other))),
    objects,
    current: await ask(`${local.directoryUrl}${CMD}/current/${PLATFORM}.json`),
    releases: await ask(`${local.directoryUrl}release.json`),
    binary: await ask(`${local.artifactsUrl}${CMD}/${OLD}/${PLATFORM}.gz`),
  };
}

beforeAll(async () => {
  mkdirSync(folder, { recursive: true });
  repository = Repository.from("test/fixtures/tool", join(folder, CMD));
  command = {
    ...{ repository: repository.folder, branch: "main", mainPackage: ".", platforms: [PLATFORM] },
    ...{ versionVariable: "main.version", directoryUrlVariable: "main.directoryURL" },
    artifactsUrlVariable: "main.artifactsURL",
  };
  before = await deploy({ commands: { [CMD]: command } });
  await release(before, OLD);
  kept = await everything(before);
  after = await deploy({
    commands: { another: command, [CMD]: command },
    ...{ buildTimeoutMinutes: 30, patchBases: 3, patchConcurrency: 2, publishWhen: "built" },
  });
});

afterAll(async () => {
  await reset(aws, () => {});
  rmSync(folder, { recursive: true, force: true });
});

test("table, bucket, machines and both URLs are the same", () => {
  expect(after).toEqual(before);
});

test("every row and object is as it was, and clients are told the same", async () => {
  expect(kept.current).toMatchObject({ status: 200, body: expect.stringContaining(OLD) });
  expect(kept.binary.status).toBe(200);
  expect(kept.rows.length).toBeGreaterThan(2);
  expect(await everything(after)).toEqual(kept);
});

test("the next release makes its patch from the one before, after it is current where that is configured", async () => {
  const { patches, published } = await release(after, NEW);
  expect(patches).toMatchObject([{ platform: PLATFORM, from: OLD, outcome: "made" }]);
  expect(published).toEqual({ revision: 2, changed: true });
  const { rows } = await everything(after);
  const inRow = (pk: string) => rows.findLast((row) => row["pk"] === `${pk}#${CMD}`);
  const [movedAt, patchedAt] = [inRow("history")?.["at"], inRow("patch")?.["recordedAt"]].map(String);
  expect([movedAt, patchedAt].toSorted()).toEqual([movedAt, patchedAt]);
  expect(movedAt).not.toBe(patchedAt);
});

describe("when a domain of one's own comes", () => {
  const GET = "get.example.com";
  let own: LocalAws;
  beforeAll(async () => {
    own = await deploy({
      commands: { [CMD]: command },
      domain: { name: GET, certificate: `arn:aws:acm:us-east-1:000000000000:certificate/${randomUUID()}` },
      ...{ emails: { alerts: "ops@example.com" }, largestBinaryBytes: 300_000_000, requestsPerSecond: 50 },
    });
  });

  test("both URLs are the CDN's, and the old ones go on", async () => {
    expect(own.directoryUrl).toBe(own.artifactsUrl);
    expect(own.artifactsUrl).toBe(before.artifactsUrl);
    const asked = await everything(own);
    expect(asked.current).toMatchObject({ status: 200, body: expect.stringContaining(NEW) });
    expect(await everything(before)).toEqual(asked);
  });

  test.each([
    ["the page", "", 200, "text/html; charset=utf-8"],
    ["a version's hash", `${CMD}/${OLD}/${PLATFORM}.json`, 200, "application/json"],
    ["go-selfupdate's current", `${CMD}/${PLATFORM}.json`, 200, "application/json"],
    ["a patch", `${CMD}/${OLD}/${NEW}/${PLATFORM}`, 200, "application/octet-stream"],
    ["a bill of materials", `${CMD}/${NEW}/${PLATFORM}.cdx.json`, 200, "application/vnd.cyclonedx+json"],
    ["a statement", `${CMD}/${NEW}/provenance.json`, 200, "application/json"],
    ["no patch", `${CMD}/${NEW}/${OLD}/${PLATFORM}`, 403, "application/xml"],
    ["nothing of the directory's", "nothing/at/all.json", 404, "text/plain; charset=utf-8"],
  ])("it serves %s", async (_, path, status, type) => {
    const answer = await fetch(`${own.directoryUrl}${path}`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([status, type]);
  });

  test("the download for whoever asks leads to the CDN, by the asker's own User-Agent", async () => {
    const [os, arch] = ["Linux", PLATFORM.endsWith("arm64") ? "aarch64" : "x86_64"];
    const headers = { "user-agent": `${os} ${arch}` };
    const answer = await fetch(`${own.directoryUrl}${CMD}.gz`, { headers, redirect: "manual" });
    expect([answer.status, answer.headers.get("location")]).toEqual([
      307,
      `${own.artifactsUrl}${CMD}/${NEW}/${PLATFORM}.gz`,
    ]);
  });
});

test("the audit finds no breach", async () => {
  expect((await audit(storesOf(after), { settleSeconds: 0 })).breaches).toEqual([]);
});
