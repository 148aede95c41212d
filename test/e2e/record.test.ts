import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { DeleteRolePolicyCommand, IAMClient, PutRolePolicyCommand } from "@aws-sdk/client-iam";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import {
  GetQueueAttributesCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import { getArtifact, getRefusal } from "../../lambda/shared/artifacts.ts";
import { artifactItemKey } from "../../lambda/shared/keys.ts";
import { clientEnvironment } from "../../local/local-aws.ts";
import { roleNamed } from "./as-role.ts";
import { local, options, s3, table } from "./setting.ts";

const CMD = "recorded";
const BINARY = Buffer.from("stands for a binary\n".repeat(100));
const HASH = createHash("sha256").update(BINARY).digest("base64");

const sqs = new SQSClient(options);
const iam = new IAMClient(options);
let queue: string;
let deadLetters: string;
beforeAll(async () => {
  const { QueueUrls = [] } = await sqs.send(new ListQueuesCommand());
  const find = (name: string) => QueueUrls.find((url) => url.includes(`/hkdist-Record${name}`)) ?? "";
  [queue, deadLetters] = [find("Queue"), find("DeadLetters")];
});

const id = (version: string) => ({ cmd: CMD, version, platform: "linux-amd64" });
const keyOf = (version: string) => `${CMD}/${version}/linux-amd64.gz`;
const until = <Found>(look: () => Promise<Found | undefined>) =>
  vi.waitUntil(look, { timeout: 30_000, interval: 100 }) as Promise<Found>;

async function store(Key: string, Body: Buffer | string = gzipSync(BINARY)): Promise<string> {
  const put = new PutObjectCommand({ Bucket: local.artifactsBucket, Key, Body, IfNoneMatch: "*" });
  return (await s3.send(put)).VersionId ?? "null";
}
const send = (body: unknown) =>
  sqs.send(new SendMessageCommand({ QueueUrl: queue, MessageBody: JSON.stringify(body) }));
/** As S3 tells of an object. */
const notification = (key: string, versionId: string) => ({
  Records: [{ eventName: "ObjectCreated:Put", s3: { object: { key: encodeURIComponent(key), versionId } } }],
});

test("events that come again, late, in another order and for what is gone change nothing", async () => {
  const first = await store(keyOf("20260101"));
  const row = await until(() => getArtifact(table, id("20260101")));
  expect(row).toMatchObject({ sha256: HASH, s3VersionId: first });
  for (const message of [
    notification(keyOf("20260102"), "gone"),
    notification(keyOf("20260101"), first),
    notification(keyOf("20260101"), "gone"),
    { key: keyOf("20260101") },
    notification(keyOf("20260101"), first),
  ]) {
    await send(message);
  }
  const last = await store(keyOf("20260103"));
  await until(() => getArtifact(table, id("20260103")));
  await until(isEmpty);
  expect(await getArtifact(table, id("20260101"))).toEqual(row);
  expect(await getArtifact(table, id("20260102"))).toBeUndefined();
  expect(await getRefusal(table, keyOf("20260101"), first)).toBeUndefined();
  expect(last).not.toBe(first);
});

test("objects with odd keys, and foreign ones, are refused under exactly their key", async () => {
  const keys = [
    "a+b c%20.gz",
    "grüße/1/x.gz",
    "1/2/3/4.gz",
    `${CMD}//x.gz`,
    `${CMD}/1/a&b=<c>'"#?.gz`,
    ".gz",
  ];
  for (const key of keys) {
    const version = await store(key);
    const refusal = await until(() => getRefusal(table, key, version));
    expect(refusal).toMatchObject({ key, reason: "its key is not <command>/<version>/<platform>.gz" });
  }
});

/** Nothing is waiting, nor on its way. */
async function isEmpty(): Promise<true | undefined> {
  const { Attributes = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: ["All"] }),
  );
  const { ApproximateNumberOfMessages, ApproximateNumberOfMessagesNotVisible } = Attributes;
  return ApproximateNumberOfMessages === "0" && ApproximateNumberOfMessagesNotVisible === "0"
    ? true
    : undefined;
}

/** For this test a message that fails comes back at once, and is dead when it has failed twice. */
async function failQuickly(): Promise<void> {
  const names = ["VisibilityTimeout", "RedrivePolicy"] as const;
  const { Attributes: before = {} } = await sqs.send(
    new GetQueueAttributesCommand({ QueueUrl: queue, AttributeNames: [...names] }),
  );
  const set = (Attributes: Record<string, string>) =>
    sqs.send(new SetQueueAttributesCommand({ QueueUrl: queue, Attributes }));
  onTestFinished(async () => {
    await set(Object.fromEntries(names.map((name) => [name, before[name] ?? ""])));
  });
  const redrive = { ...JSON.parse(before["RedrivePolicy"] ?? "{}"), maxReceiveCount: 2 };
  await set({ VisibilityTimeout: "1", RedrivePolicy: JSON.stringify(redrive) });
}

const deadLetter = async (containing: string) => {
  const { Messages = [] } = await sqs.send(
    new ReceiveMessageCommand({ QueueUrl: deadLetters, VisibilityTimeout: 0, MaxNumberOfMessages: 10 }),
  );
  return Messages.find(({ Body }) => Body?.includes(containing));
};

test("a message that is none of ours ends as a dead letter, and the ones behind it are done", async () => {
  await failQuickly();
  await send({ strange: "message" });
  await store(keyOf("20260110"));
  await until(() => getArtifact(table, id("20260110")));
  expect((await until(() => deadLetter("strange"))).Body).toBe('{"strange":"message"}');
});

test("a good object that could not be read ends as a dead letter, and is recorded when that is played again", async () => {
  await failQuickly();
  const { RoleName } = await roleNamed("RecordFunctionRole");
  const policy = { RoleName, PolicyName: "no-reading" };
  const Statement = [{ Effect: "Deny", Action: "s3:GetObject*", Resource: "*" }];
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new PutRolePolicyCommand({ ...policy, PolicyDocument }));
  let isAllowed = false;
  const allow = async () => {
    if (!isAllowed) await iam.send(new DeleteRolePolicyCommand(policy));
    isAllowed = true;
  };
  onTestFinished(allow);
  await store(keyOf("20260120"));
  await until(() => deadLetter(keyOf("20260120")));
  expect(await getArtifact(table, id("20260120"))).toBeUndefined();

  await allow();
  // What `start-message-move-task` does, which the local AWS does not know.
  const dead = await until(() => deadLetter(keyOf("20260120")));
  sendByHand(dead.Body ?? "");
  const row = await until(() => getArtifact(table, id("20260120")));
  expect(row).toMatchObject({ sha256: HASH, size: BINARY.length });
});

test("an object whose event was lost is recorded when an operator asks for it by its key", async () => {
  const before = await getArtifact(table, id("20260103"));
  await table.documents.send(
    new DeleteCommand({ TableName: table.name, Key: artifactItemKey(id("20260103")) }),
  );
  sendByHand(JSON.stringify({ key: keyOf("20260103") }));
  const row = await until(() => getArtifact(table, id("20260103")));
  expect(row).toEqual({ ...before, recordedAt: expect.any(String) });
});

/** As an operator does. (The pinned AWS CLI 1 finds the local queues only when it is told where they are.) */
function sendByHand(body: string): void {
  const message = ["--queue-url", queue, "--message-body", body];
  execFileSync("aws", ["sqs", "send-message", ...message, "--endpoint-url", local.endpointUrl], {
    env: clientEnvironment(local),
  });
}
