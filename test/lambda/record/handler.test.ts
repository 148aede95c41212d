import { gzipSync } from "node:zlib";
import type { SQSBatchResponse, SQSEvent, SQSRecord } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { artifactItemKey } from "../../../lambda/shared/keys.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { MemoryTable } from "../memory-table.ts";
import { pseudoRandom } from "../support.ts";

const aws = vi.hoisted(() => ({ table: undefined as unknown, s3: undefined as unknown }));
vi.mock("../../../lambda/shared/table.ts", async (original) => ({
  ...(await original<object>()),
  openTable: () => ({
    name: "table-1",
    documents: { send: (command: unknown) => (aws.table as MemoryTable).documents.send(command as never) },
  }),
}));
vi.mock("@aws-sdk/client-s3", async (original) => ({
  ...(await original<object>()),
  S3Client: class {
    send(command: unknown) {
      return (aws.s3 as { send(one: unknown): unknown }).send(command);
    }
  },
}));

let table: MemoryTable;
let bucket: MemoryBucket;
let handler: typeof import("../../../lambda/record/handler.ts").handler;
let logged: { event: string }[];
beforeEach(async () => {
  vi.stubEnv("HKDIST_TABLE", "table-1");
  vi.stubEnv("HKDIST_ARTIFACTS_BUCKET", "bucket-1");
  vi.stubEnv("HKDIST_LARGEST_BINARY_BYTES", "1000000");
  vi.stubEnv("AWS_REGION", "eu-west-1");
  table = new MemoryTable();
  bucket = new MemoryBucket();
  aws.table = table;
  aws.s3 = { send: async (command: unknown) => bucket.answer(command) };
  logged = [];
  vi.spyOn(process.stdout, "write").mockImplementation((line) => logged.push(JSON.parse(String(line))) > 0);
  ({ handler } = await import("../../../lambda/record/handler.ts"));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
});

const keyOf = (version: number) => `greet/${version}/linux-amd64.gz`;
const rowOf = (version: number) =>
  table.find(artifactItemKey({ cmd: "greet", version: String(version), platform: "linux-amd64" }));
/** S3's own message about an object, in its encoding of keys. */
const told = (key: string, versionId?: string) => ({
  s3: { object: { key: encodeURIComponent(key).replaceAll("%20", "+").replaceAll("%2F", "/"), versionId } },
});
const message = (body: unknown, at = 0): SQSRecord =>
  ({ messageId: `m${at}`, body: typeof body === "string" ? body : JSON.stringify(body) }) as SQSRecord;
const deliver = (...bodies: unknown[]) =>
  handler({ Records: bodies.map(message) } as SQSEvent) as Promise<SQSBatchResponse>;
const failed = (...ids: string[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});

describe("messages", () => {
  it("that cannot be done fail, and the others are done", async () => {
    bucket.store(keyOf(1), gzipSync("first"));
    bucket.store(keyOf(2), gzipSync("second"));
    expect(
      await deliver({ key: keyOf(1) }, "no JSON", { strange: true }, { Records: [told(keyOf(2), "v2")] }),
    ).toEqual(failed("m1", "m2"));
    expect([rowOf(1), rowOf(2)]).toEqual([expect.anything(), expect.anything()]);
    expect(logged.map(({ event }) => event)).toEqual(["recorded", "failed", "failed", "recorded"]);
  });

  it("that tell of a bad object and of a good one are done: the bad one is refused", async () => {
    bucket.store(keyOf(1), Buffer.from("no gzip"));
    bucket.store(keyOf(2), gzipSync("second"));
    expect(await deliver({ Records: [told(keyOf(1), "v1"), told(keyOf(2), "v2")] })).toEqual(failed());
    expect([rowOf(1), rowOf(2)]).toEqual([undefined, expect.anything()]);
  });

  it("whose object cannot be read now come back, and are done then", async () => {
    bucket.store(keyOf(1), gzipSync("first"));
    const works = aws.s3;
    aws.s3 = { send: () => Promise.reject(new Error("away")) };
    expect(await deliver({ Records: [told(keyOf(1), "v1")] })).toEqual(failed("m0"));
    expect(table.written).toEqual([]);
    aws.s3 = works;
    expect(await deliver({ Records: [told(keyOf(1), "v1")] })).toEqual(failed());
    expect(rowOf(1)).toBeDefined();
  });

  it("whose row cannot be written now come back", async () => {
    bucket.store(keyOf(1), gzipSync("first"));
    table.onTheWay = () => Promise.reject(new Error("throttled"));
    expect(await deliver({ key: keyOf(1) })).toEqual(failed("m0"));
  });
});

it.each([
  "greet/1/linux amd64.gz",
  "greet/1/linux+amd64.gz",
  "greet/1/100%.gz",
  "greet/1/%2F.gz",
  "grüße/1/€.gz",
  "greet/1/a&b=c;d,e:f@g?h#i.gz",
  "greet/1/日本.gz",
  "greet/1/\u{1F600}.gz",
  "greet/1/\u0007.gz",
  " /1/ .gz",
  "../1/x.gz",
  "/.gz",
  ".gz",
  `greet/1/${"x".repeat(1000)}.gz`,
])("an object called %j is found under its own key, and refused", async (key) => {
  const s3VersionId = bucket.store(key, gzipSync("x"));
  expect(await deliver({ Records: [told(key, s3VersionId)] })).toEqual(failed());
  expect(table.written).toEqual([
    expect.objectContaining({
      pk: "refused",
      key,
      s3VersionId,
      reason: expect.stringContaining("key is not"),
    }),
  ]);
});

/**
 * What S3 and its queue may do: events come in any order, twice, late, for what is gone or never was; some of them fail on
 * their way. In the end every good object has its row, with the facts of its first version, and no bad one has any.
 */
it.each([
  1, 2, 3, 4, 5, 6, 7, 8,
])("whatever happens to events, what is recorded is right (seed %i)", async (seed) => {
  const random = pseudoRandom(seed);
  const below = (n: number) => Math.floor(random() * n);
  const good = new Set([1, 2, 3, 4]);
  const bodies = new Map<string, Buffer>();
  const events: unknown[] = [];
  for (const version of [1, 2, 3, 4, 5, 6]) {
    const gzip = gzipSync(`binary of ${version}`);
    const body = good.has(version) ? gzip : gzip.subarray(0, gzip.length - 1 - below(gzip.length - 1));
    const id = bucket.store(keyOf(version), body);
    bodies.set(keyOf(version), body);
    const event = { Records: [told(keyOf(version), id)] };
    for (let times = 1 + below(3); times > 0; times--) events.push(event);
    if (below(2)) events.push({ key: keyOf(version) });
    if (below(2)) events.push({ Records: [told(keyOf(version), "gone")] });
  }
  events.push({ Records: [told(keyOf(7), "v99")] }, "poison", { Event: "s3:TestEvent" });
  const send = bucket.answer.bind(bucket);
  aws.s3 = {
    send: async (command: unknown) => {
      if (below(4) === 0) throw new Error("S3 is away");
      return send(command);
    },
  };
  const waiting = events.map((body) => ({ body, at: random(), tries: 0 }));
  while (waiting.length > 0) {
    waiting.sort((a, b) => a.at - b.at);
    const batch = waiting.splice(0, 1 + below(3));
    const { batchItemFailures } = await deliver(...batch.map(({ body }) => body));
    const again = batchItemFailures.map(({ itemIdentifier }) => batch[Number(itemIdentifier.slice(1))]);
    for (const one of again) {
      if (one && one.tries < 30) waiting.push({ ...one, at: random(), tries: one.tries + 1 });
      else expect(one?.body).toBe("poison");
    }
  }
  for (const version of [1, 2, 3, 4, 5, 6, 7]) {
    if (!good.has(version)) expect([version, rowOf(version)]).toEqual([version, undefined]);
    else {
      expect(rowOf(version)).toMatchObject({
        key: keyOf(version),
        s3VersionId: `v${version}`,
        gzSize: bodies.get(keyOf(version))?.length,
      });
    }
  }
  const artifacts = table.written.filter(({ pk }) => pk === "artifact");
  expect(artifacts).toHaveLength(good.size);
});

it("called by hand with a key, it answers what became of the object", async () => {
  bucket.store(keyOf(1), gzipSync("first"));
  expect(await handler({ key: keyOf(1) })).toMatchObject({
    outcome: "recorded",
    artifact: { s3VersionId: "v1" },
  });
  expect(await handler({ key: keyOf(2) })).toEqual({ outcome: "gone" });
});
