import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Recorded, record } from "../../../lambda/record/record.ts";
import { type Ask, REQUEST_ID } from "../gateway.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { current, standing, yank } from "../promote/standing.ts";
import { artifact, sha256 } from "../support.ts";
import { NOW, noRecorder, put, registryOf } from "./registry.ts";

const PATH = "/greet/20260131.1/linux-amd64.json";
const KEY = "greet/20260131.1/linux-amd64.gz";
const BINARY = Buffer.from("greet, greet, greet: the demo's product\n".repeat(200));
const HASH = createHash("sha256").update(BINARY).digest("base64");
const OTHER = sha256(9);

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterEach(() => {
  lines.mockReset();
});

describe("a stored artifact is registered", () => {
  let table: MemoryTable;
  let bucket: MemoryBucket;
  let ask: Ask;
  beforeEach(() => {
    table = new MemoryTable();
    bucket = new MemoryBucket();
    const recorder = { table, s3: bucket.s3, bucket: bucket.name, largestBinary: 1_000_000 };
    ask = registryOf(table, (key) => record(recorder, { key, s3VersionId: undefined }));
  });

  const ROW = {
    ...artifactItem(artifact("greet", "20260131.1", "linux-amd64", HASH)),
    size: BINARY.length,
    gzSize: gzipSync(BINARY).length,
    recordedAt: NOW,
  };

  it("with what is in it: 201, and 200 ever after", async () => {
    bucket.store(KEY, gzipSync(BINARY));
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 201, body: "created\n" });
    for (let retry = 0; retry < 3; retry++) {
      expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 200, body: "ok\n" });
    }
    expect(table.written).toEqual([ROW]);
    expect(bucket.requests).toHaveLength(1);
  });

  it.each([
    ["in another case", () => ({ Sha256: HASH })],
    ["in letters that fold to it", () => ({ ſha256: HASH })],
    ["twice, the last one counts", () => ({ SHA256: OTHER, sha256: HASH })],
    ["beside others", () => ({ version: "7", sha256: HASH, cmd: "hk" })],
    ["with bits that count for nothing", () => ({ sha256: sameHash(HASH) })],
  ])("by a hash that is named %s", async (_, document) => {
    bucket.store(KEY, gzipSync(BINARY));
    expect(await put(ask, PATH, document())).toMatchObject({ status: 201 });
    expect(await put(ask, PATH, document())).toMatchObject({ status: 200 });
    expect(table.written).toEqual([ROW]);
  });

  it("with what is in it though the caller takes it for something else: 409, and its own hash is 200", async () => {
    bucket.store(KEY, gzipSync(BINARY));
    for (let retry = 0; retry < 2; retry++) {
      const { status, headers, body } = await put(ask, PATH, { sha256: OTHER });
      expect([status, body]).toEqual([409, "conflict\n"]);
      expect(headers["hkdist-problem"]).toContain(HASH);
    }
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 200 });
    expect(table.written).toEqual([ROW]);
  });

  it("once it is there: before, 422 and nothing is written", async () => {
    const early = await put(ask, PATH, { sha256: HASH });
    expect(early).toMatchObject({ status: 422, body: expect.stringContaining(KEY) });
    expect(table.written).toEqual([]);
    bucket.store(KEY, gzipSync(BINARY));
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 201 });
  });

  it("by many at the same time: one 201, the others 200", async () => {
    bucket.store(KEY, gzipSync(BINARY));
    const answers = await Promise.all(Array.from({ length: 20 }, () => put(ask, PATH, { sha256: HASH })));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([...Array(19).fill(200), 201]);
    expect(table.written).toEqual([ROW]);
  });

  it("after a good one replaced one that was refused", async () => {
    bucket.store(KEY, BINARY);
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({
      status: 422,
      body: `the stored ${KEY} cannot be registered: it is not gzip\n`,
    });
    bucket.store(KEY, gzipSync(BINARY));
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 201 });
  });
});

describe("what the recorder says is answered", () => {
  const found = artifact("greet", "20260131.1", "linux-amd64", HASH);
  it.each<[Recorded, number, string]>([
    [{ outcome: "recorded", artifact: found }, 201, HASH],
    [{ outcome: "known", artifact: found }, 200, HASH],
    [{ outcome: "recorded", artifact: found }, 409, OTHER],
    [{ outcome: "known", artifact: found }, 409, OTHER],
    [{ outcome: "refused", reason: "it is cut short" }, 422, HASH],
    [{ outcome: "gone" }, 422, HASH],
  ])("%o: %i for %s", async (recorded, status, hash) => {
    const table = new MemoryTable();
    const recorder = noRecorder().mockResolvedValue(recorded);
    const answer = await put(registryOf(table, recorder), PATH, { sha256: hash });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatch(/^[^\n]+\n$/);
    expect(recorder.mock.calls).toEqual([[KEY]]);
    expect(table.written).toEqual([]);
  });

  it.each([
    ["fails", new Error("the recorder failed on greet: secret")],
    ["is too slow", new DOMException("secret", "TimeoutError")],
  ])("and when it %s: 503, a line in the log, and a retry is welcome", async (_, error) => {
    const recorder = noRecorder().mockRejectedValue(error);
    const ask = registryOf(new MemoryTable(), recorder);
    const { status, headers, body } = await put(ask, PATH, { sha256: HASH });
    expect([status, headers["cache-control"]]).toEqual([503, "no-store"]);
    expect(headers["retry-after"]).toMatch(/^\d+$/);
    expect(body).not.toContain("secret");
    expect(lines).toHaveBeenCalledOnce();
    expect(JSON.parse(String(lines.mock.lastCall?.[0]))).toMatchObject({
      event: "failed",
      requestId: REQUEST_ID,
      error: expect.stringContaining("secret"),
    });
    recorder.mockResolvedValue({ outcome: "known", artifact: found });
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({ status: 200 });
  });
});

describe("a row that stands is compared, and the recorder not asked", () => {
  const ROW = artifactItem(artifact("greet", "20260131.1", "linux-amd64", HASH));
  it.each([
    ["the same hash", 200, HASH],
    ["the same hash otherwise written", 200, sameHash(HASH)],
    ["another hash", 409, OTHER],
  ])("%s: %i", async (_, status, hash) => {
    const table = new MemoryTable([ROW]);
    const recorder = noRecorder();
    expect(await put(registryOf(table, recorder), PATH, { sha256: hash })).toMatchObject({ status });
    expect(recorder).not.toHaveBeenCalled();
    expect(table.reads.map(({ ConsistentRead }) => ConsistentRead)).toEqual([true, true]);
    expect(table.written).toEqual([]);
  });
});

describe("a withdrawn version takes nothing", () => {
  const YANKED = { ...current(3, { "linux-amd64": "4" }, { "20260131.1": yank("eats files") }) };
  it.each([
    ["a platform of it that is new", []],
    ["one that is recorded", [artifactItem(artifact("greet", "20260131.1", "linux-amd64", HASH))]],
  ])("%s: 409 with the reason, and the recorder is not asked", async (_, rows) => {
    const table = new MemoryTable([...rows, ...standing(YANKED, [])]);
    const recorder = noRecorder();
    const ask = registryOf(table, recorder);
    expect(await put(ask, PATH, { sha256: HASH })).toMatchObject({
      status: 409,
      body: expect.stringMatching(
        /^greet 20260131\.1 was withdrawn at .* by eve: eats files\. To undo that, .*\n$/,
      ),
    });
    expect(recorder).not.toHaveBeenCalled();
    expect(table.written).toEqual([]);
  });

  it("another version of the command is registered", async () => {
    const found = artifact("greet", "20260131", "linux-amd64", HASH);
    const recorder = noRecorder().mockResolvedValue({ outcome: "recorded", artifact: found });
    const ask = registryOf(new MemoryTable(standing(YANKED, [])), recorder);
    expect(await put(ask, "/greet/20260131/linux-amd64.json", { sha256: HASH })).toMatchObject({
      status: 201,
    });
  });
});

/** The same bytes in another spelling: the last two bits of base64's last letter count for nothing. */
function sameHash(hash: string): string {
  const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  const last = letters[letters.indexOf(hash.charAt(42)) + 1];
  const same = `${hash.slice(0, 42)}${last}=`;
  expect(Buffer.from(same, "base64")).toEqual(Buffer.from(hash, "base64"));
  return same;
}
