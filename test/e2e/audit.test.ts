import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { CloudWatchLogsClient, FilterLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  GetFunctionConfigurationCommand,
  InvokeCommand,
  LambdaClient,
  ListFunctionsCommand,
} from "@aws-sdk/client-lambda";
import {
  DeleteObjectCommand,
  HeadObjectCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { DeleteCommand, UpdateCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeAll, describe, expect, inject, test, vi } from "vitest";
import { audit } from "../../audit/audit.ts";
import type { Audited } from "../../lambda/audit/shallow-audit.ts";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  patchItemKey,
  patchObjectKey,
  sbomObjectKey,
} from "../../lambda/shared/keys.ts";
import { root } from "../../tools/checkout.ts";
import { hostPlatform } from "../../tools/install.ts";
import { type Mail, Mailbox } from "./mailbox.ts";
import { storeArtifact } from "./registered.ts";
import { local, options, release, repositoryOf, s3, table } from "./setting.ts";

const CMD = "greet-audited";
const [OLD, NEW] = ["20260105", "20260105.1"];
const PLATFORM = hostPlatform();
/** Built elsewhere and stored: it has no documents. */
const IMPORTED = { cmd: CMD, version: "20140509", platform: PLATFORM };
const Bucket = local.artifactsBucket;
const store = { table, s3, bucket: Bucket };
const NOW = { cmd: CMD, settleSeconds: 0 };

const lambda = new LambdaClient(options);
const logs = new CloudWatchLogsClient(options);

const short = ({ breaches }: Pick<Audited, "breaches">) =>
  breaches.map(({ kind, item }) => `${kind} ${item}`).toSorted();

let auditFunction: { name: string; logGroup: string };
beforeAll(async () => {
  for (const version of [OLD, NEW]) {
    repositoryOf(CMD).commitAndTag(version, `v${version}`);
    expect((await release({ cmd: CMD, platforms: [PLATFORM] })).status).toBe("SUCCEEDED");
  }
  await storeArtifact(IMPORTED);
  await vi.waitUntil(() => getArtifact(table, IMPORTED), { timeout: 30_000, interval: 100 });
  const { Functions = [] } = await lambda.send(new ListFunctionsCommand({ MaxItems: 50 }));
  const name = Functions.find(({ FunctionName }) =>
    FunctionName?.startsWith("hkdist-AuditFunction"),
  )?.FunctionName;
  const found = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName: name }));
  auditFunction = {
    name: name ?? "",
    logGroup: found.LoggingConfig?.LogGroup ?? "",
  };
});

/** The function's own answer, under its role. */
async function invoked(event: unknown): Promise<Audited> {
  const answer = await lambda.send(
    new InvokeCommand({ FunctionName: auditFunction.name, Payload: JSON.stringify(event) }),
  );
  const text = answer.Payload?.transformToString() ?? "";
  expect([answer.FunctionError, text]).toEqual([undefined, text]);
  return JSON.parse(text) as Audited;
}

/** What `npx hkdist audit` prints, and its exit status. */
async function run(...args: string[]) {
  const where = ["--local", "--folder", join(inject("setting").repositories, "aws")];
  return promisify(execFile)(process.execPath, [
    join(root, "bin", "cli.mjs"),
    "audit",
    ...args,
    ...where,
  ]).then(
    ({ stdout }) => ({ status: 0, lines: stdout.trimEnd().split("\n") }),
    ({ code, stdout, stderr }) => ({ status: code, lines: `${stdout}${stderr}`.trimEnd().split("\n") }),
  );
}

describe("after two releases", () => {
  test("nothing is wrong, whoever looks", async () => {
    const shallow = await audit(store, NOW);
    expect(shallow.breaches).toEqual([]);
    // S3 has a checksum of what releases store.
    expect(shallow.counts).toMatchObject({ commands: 1, artifacts: 3, patches: 1, checksums: 3 });
    expect(await invoked(NOW)).toEqual({ breaches: [], counts: shallow.counts });
  });

  test("nor deep down, as people ask for it", async () => {
    const { status, lines } = await run(CMD, "--deep", "--settle", "0");
    expect([status, lines]).toEqual([0, [expect.stringMatching(/3 unpacked, 1 applied: no breaches$/)]]);
  });

  test("a question that is none is not answered", async () => {
    expect(await run("../x")).toMatchObject({ status: 2 });
    expect(await run("--settle", "soon")).toMatchObject({ status: 2 });
  });
});

describe("what somebody with all rights does behind its back", () => {
  const hidden = artifactObjectKey({ ...IMPORTED, version: NEW });
  const replaced = artifactObjectKey({ ...IMPORTED, version: OLD });
  const erased = artifactObjectKey(IMPORTED);
  const patchId = { cmd: CMD, from: OLD, to: NEW, platform: PLATFORM };
  const changed = patchObjectKey(patchId);
  const unexplained = patchObjectKey({ ...patchId, from: NEW, to: OLD });
  const bom = sbomObjectKey({ cmd: CMD, version: OLD, platform: PLATFORM });
  const foreign = `${CMD}/read me+100%.txt`;
  const FOUND = [
    `object-hidden ${hidden}`,
    `object-hidden ${replaced}`,
    `object-missing ${erased}`,
    `object-differs ${changed}`,
    `object-unexplained ${unexplained}`,
    `object-unexplained ${bom}`,
    `object-unexplained ${foreign}`,
  ].toSorted();

  const put = (Key: string, Body: string | Buffer) => s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  let mailbox: Mailbox;

  beforeAll(async () => {
    mailbox = await Mailbox.subscribe(local.alertsTopicArn);
    await s3.send(new DeleteObjectCommand({ Bucket, Key: hidden }));
    await put(replaced, gzipSync("something else"));
    const { VersionId } = await s3.send(new HeadObjectCommand({ Bucket, Key: erased }));
    await s3.send(new DeleteObjectCommand({ Bucket, Key: erased, VersionId }));
    await table.documents.send(
      new UpdateCommand({
        TableName: table.name,
        Key: patchItemKey(patchId),
        UpdateExpression: "SET sha256 = :hash",
        ExpressionAttributeValues: { ":hash": Buffer.alloc(32, 7).toString("base64") },
      }),
    );
    await put(unexplained, "no patch");
    await put(bom, "{}");
    await put(foreign, "not ours");
    // The event of what was put is told and judged meanwhile.
    await vi.waitUntil(async () => short(await audit(store, NOW)).length >= FOUND.length, {
      timeout: 20_000,
    });
  });
  afterAll(async () => {
    await mailbox.leave();
  });

  test("is found and named, and nothing else", async () => {
    expect(short(await audit(store, NOW))).toEqual(FOUND);
  });

  test("is told by the function in its log and to the alerts' topic", async () => {
    expect(short(await invoked(NOW))).toEqual(FOUND);
    // Executions of other tests that failed are told to the topic as well.
    const isOurs = ({ Subject }: Mail) => Subject.startsWith("hkdist: the audit");
    const { Subject, Message } = await vi.waitUntil(async () => (await mailbox.mails()).find(isOurs), {
      timeout: 20_000,
    });
    expect(Subject).toBe(`hkdist: the audit found ${FOUND.length} breaches`);
    for (const item of FOUND) expect(Message).toContain(item.split(" ").slice(1).join(" "));
    const lines = await vi.waitUntil(
      async () => {
        const found = await logs.send(
          new FilterLogEventsCommand({
            logGroupName: auditFunction.logGroup,
            filterPattern: '"audit-breach"',
          }),
        );
        return (found.events ?? []).length >= FOUND.length && found.events;
      },
      { timeout: 10_000, interval: 200 },
    );
    expect(lines.map(({ message: line }) => line).join("\n")).toContain(
      '"section":"A recorded object is gone"',
    );
  });

  test("is printed with the runbook's sections", async () => {
    const { status, lines } = await run(CMD, "--settle", "0");
    expect(status).toBe(1);
    expect(lines).toContainEqual(
      expect.stringMatching(/^object-missing {2}.*\(docs\/runbook\.md, "A recorded object is gone"\)$/),
    );
    expect(lines.at(-1)).toMatch(/: 7 breaches$/);
  });

  test("is mended as the runbook has it", async () => {
    // Everything newer than the recorded version goes by its version id.
    for (const Prefix of [hidden, replaced, unexplained, bom, foreign]) {
      const { Versions = [], DeleteMarkers = [] } = await s3.send(
        new ListObjectVersionsCommand({ Bucket, Prefix }),
      );
      const [newest] = [...Versions, ...DeleteMarkers].filter(({ IsLatest }) => IsLatest);
      await s3.send(new DeleteObjectCommand({ Bucket, Key: Prefix, VersionId: newest?.VersionId }));
    }
    expect(short(await audit(store, NOW))).toEqual([`object-differs ${changed}`, `object-missing ${erased}`]);
    // Both rows are forgotten, and come back from what is stored.
    for (const Key of [patchItemKey(patchId), artifactItemKey(IMPORTED)]) {
      await table.documents.send(new DeleteCommand({ TableName: table.name, Key }));
    }
    await storeArtifact(IMPORTED);
    const made = await release({ cmd: CMD, tag: `v${NEW}`, bases: [OLD], platforms: [PLATFORM] });
    expect(made.result.patches).toMatchObject([{ from: OLD, outcome: "present" }]);
    await vi.waitUntil(() => getArtifact(table, IMPORTED), { timeout: 30_000, interval: 100 });
    expect(await audit(store, { ...NOW, deep: true })).toMatchObject({ breaches: [] });
  });
});
