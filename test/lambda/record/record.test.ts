import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeEach, describe, expect, it } from "vitest";
import { record } from "../../../lambda/record/record.ts";
import type { StoredObject } from "../../../lambda/record/stored-object.ts";
import { refusedItemKey } from "../../../lambda/shared/keys.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, type Item, MemoryTable, sourceItem } from "../memory-table.ts";
import { artifact, SOURCE, sha256 } from "../support.ts";

const BINARY = Buffer.from("greet, greet, greet: the demo's product\n".repeat(200));
const GZIP = gzipSync(BINARY);
const HASH = createHash("sha256").update(BINARY).digest("base64");
const KEY = "greet/20260131.1/linux-amd64.gz";
const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

let bucket: MemoryBucket;
beforeEach(() => {
  bucket = new MemoryBucket();
});

const look = (table: MemoryTable, object: Partial<StoredObject>, largestBinary = 1_000_000) =>
  record(
    { table, s3: bucket.s3, bucket: bucket.name, largestBinary },
    { key: KEY, s3VersionId: undefined, ...object },
  );

/** What is written of the good object. */
const FOUND = {
  cmd: "greet",
  version: "20260131.1",
  platform: "linux-amd64",
  sha256: HASH,
  size: BINARY.length,
  gzSize: GZIP.length,
  key: KEY,
  s3VersionId: "v1",
  recordedAt: NOW,
};
const rowOf = (found: object) => ({
  pk: "artifact",
  sk: "greet#020260131.000000001#linux-amd64",
  ...found,
});

describe("a stored binary is recorded", () => {
  it("with what is in it", async () => {
    const table = new MemoryTable();
    const s3VersionId = bucket.store(KEY, GZIP);
    expect(await look(table, { s3VersionId })).toEqual({ outcome: "recorded", artifact: FOUND });
    expect(table.written).toEqual([rowOf(FOUND)]);
    expect(bucket.requests).toEqual([`GET ${KEY} v1`]);
  });

  it("with the commit and tag of its source, and S3's checksum, when there are any", async () => {
    const table = new MemoryTable([
      sourceItem(SOURCE),
      sourceItem({ ...SOURCE, version: "20260131", commit: "another" }),
    ]);
    bucket.store(KEY, GZIP, { ChecksumSHA256: sha256(7) });
    const found = { ...FOUND, commit: SOURCE.commit, tag: SOURCE.tag, s3Checksum: sha256(7) };
    expect(await look(table, {})).toEqual({ outcome: "recorded", artifact: found });
    expect(table.written).toEqual([rowOf(found)]);
  });

  it.each([
    [{ ChecksumSHA256: sha256(7), ChecksumType: "FULL_OBJECT" }, sha256(7)],
    [{ ChecksumSHA256: sha256(7), ChecksumType: "COMPOSITE" }, undefined],
    [{ ChecksumSHA256: `${sha256(7)}-2` }, undefined],
    [{}, undefined],
  ])("with S3's checksum only when it is of all bytes: %j", async (more, expected) => {
    bucket.store(KEY, GZIP, more);
    const { artifact: found } = (await look(new MemoryTable(), {})) as { artifact: object };
    expect(found).toEqual({ ...FOUND, ...(expected && { s3Checksum: expected }) });
  });

  it("the newest one, when nobody says which", async () => {
    const table = new MemoryTable();
    bucket.store(KEY, gzipSync("older"));
    bucket.store(KEY, GZIP);
    expect(await look(table, {})).toMatchObject({ outcome: "recorded", artifact: { s3VersionId: "v2" } });
  });

  it("exactly the one that is asked for, when there is a newer one", async () => {
    const table = new MemoryTable();
    bucket.store(KEY, GZIP);
    bucket.store(KEY, gzipSync("newer"));
    expect(await look(table, { s3VersionId: "v1" })).toMatchObject({ artifact: { sha256: HASH } });
  });

  it("once: the same again is known, and its row stays", async () => {
    const table = new MemoryTable();
    bucket.store(KEY, GZIP);
    const first = await look(table, { s3VersionId: "v1" });
    bucket.store(KEY, gzipSync(BINARY, { level: 1 }));
    for (const s3VersionId of ["v1", "v2"]) {
      const again = await look(table, { s3VersionId });
      expect(again).toMatchObject({ ...first, outcome: "known" });
    }
    expect(table.written).toEqual([rowOf(FOUND)]);
  });

  it("when it is as large as a packed binary can be", async () => {
    bucket.store(KEY, GZIP, { ContentLength: 1_350_000 });
    expect(await look(new MemoryTable(), {})).toMatchObject({ outcome: "recorded" });
  });

  it("when it is exactly as large as allowed", async () => {
    const table = new MemoryTable();
    bucket.store(KEY, GZIP);
    expect(await look(table, {}, BINARY.length)).toMatchObject({ outcome: "recorded" });
  });
});

describe("an object is refused, and why is written down under its S3 version", () => {
  const OTHER = artifact("greet", "20260131.1", "linux-amd64", sha256(1));

  it.each<[string, { key?: string; body?: Buffer; more?: object; items?: Item[]; limit?: number }, string]>([
    [
      "when another binary was recorded under its name",
      { items: [artifactItem(OTHER)] },
      `its SHA-256 is ${HASH}, but ${KEY} was recorded with ${sha256(1)}`,
    ],
    [
      "when it has a Content-Encoding",
      { more: { ContentEncoding: "gzip" } },
      "it has Content-Encoding: gzip, which clients would unpack a second time",
    ],
    ["when its key is odd", { key: "greet/x.gz" }, "its key is not <command>/<version>/<platform>.gz"],
    [
      "when its key is a patch's",
      { key: "greet/1/2/x.gz" },
      "its key is not <command>/<version>/<platform>.gz",
    ],
    [
      "when its key has another spelling",
      { key: "greet/01/x.gz" },
      "its key is not <command>/<version>/<platform>.gz",
    ],
    ["when it is not gzip", { body: BINARY }, "it is not gzip"],
    ["when it is empty", { body: Buffer.alloc(0) }, "it is shorter than a gzip header"],
    ["when it is cut short", { body: GZIP.subarray(0, -1) }, "it is cut short"],
    ["when something follows it", { body: Buffer.concat([GZIP, GZIP]) }, "bytes follow the end"],
    [
      "when it is too large",
      { limit: BINARY.length - 1 },
      `it unpacks to more than ${BINARY.length - 1} bytes`,
    ],
    [
      "when it is larger than any packed binary, and then it is not read",
      { more: { ContentLength: 1_350_001 } },
      "it has 1350001 bytes, more than a binary of the allowed size packs to",
    ],
  ])("%s", async (_, { key = KEY, body = GZIP, more = {}, items = [], limit }, words) => {
    const table = new MemoryTable(items);
    bucket.store("greet/1/older.gz", GZIP);
    const s3VersionId = bucket.store(key, body, { ...more });
    const refused = await look(table, { key }, limit);
    expect(refused).toEqual({ outcome: "refused", reason: expect.stringContaining(words) });
    expect(table.written).toEqual([
      {
        ...refusedItemKey(key, s3VersionId),
        key,
        s3VersionId,
        reason: (refused as { reason: string }).reason,
        refusedAt: NOW,
      },
    ]);
    for (const item of items) expect(table.find(item)).toEqual(item);
  });

  it("and a good one that comes after it is recorded", async () => {
    const table = new MemoryTable();
    bucket.store(KEY, BINARY);
    expect(await look(table, { s3VersionId: "v1" })).toMatchObject({ outcome: "refused" });
    bucket.store(KEY, GZIP);
    expect(await look(table, { s3VersionId: "v2" })).toMatchObject({ outcome: "recorded" });
  });
});

describe("nothing is written", () => {
  it.each([
    ["when the object is gone", undefined],
    ["when that version of it is gone", "v9"],
  ])("%s", async (_, s3VersionId) => {
    const table = new MemoryTable();
    if (s3VersionId !== undefined) bucket.store(KEY, GZIP);
    expect(await look(table, { s3VersionId })).toEqual({ outcome: "gone" });
    expect(table.written).toEqual([]);
  });

  it("when S3 fails: that is tried again", async () => {
    const table = new MemoryTable();
    const broken = new Error("the connection broke");
    bucket.s3.send = () => Promise.reject(broken);
    await expect(look(table, {})).rejects.toBe(broken);
    expect(table.written).toEqual([]);
  });

  it("when the object breaks off on its way: that is tried again", async () => {
    const table = new MemoryTable();
    const broken = new Error("the connection broke");
    bucket.store(KEY, GZIP);
    const { send } = bucket.s3;
    bucket.s3.send = (async (...args: Parameters<typeof send>) => {
      const object = (await send(...args)) as unknown as { Body: AsyncIterable<Buffer> };
      async function* half() {
        yield GZIP.subarray(0, 30);
        throw broken;
      }
      return { ...object, Body: half() };
    }) as unknown as typeof send;
    await expect(look(table, {})).rejects.toBe(broken);
    expect(table.written).toEqual([]);
  });
});
