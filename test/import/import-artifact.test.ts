import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { beforeEach, expect, it } from "vitest";
import { ARTIFACT_HEADERS, importArtifact, type Target } from "../../import/import-artifact.ts";
import { MemoryBucket } from "../lambda/memory-bucket.ts";
import { fileText } from "../lambda/support.ts";

const ID = { cmd: "hk", version: "20140509", platform: "darwin-amd64" };
const KEY = "hk/20140509/darwin-amd64.gz";
const BINARY = Buffer.from("a binary of the past");
const GZIP = gzipSync(BINARY);

let bucket: MemoryBucket;
beforeEach(() => {
  bucket = new MemoryBucket();
});
const run = (gzip: Uint8Array, more: Partial<Target> = {}, id = ID) =>
  importArtifact({ s3: bucket.s3, bucket: bucket.name, largestBinary: 1000, ...more }, id, gzip);

it("stores it byte for byte, with the headers of builds, once", async () => {
  const sha256 = createHash("sha256").update(BINARY).digest("base64");
  const facts = { sha256, size: BINARY.length, gzSize: GZIP.length };
  expect(await run(GZIP)).toEqual({ ...facts, outcome: "stored" });
  expect(bucket.newest(KEY)).toMatchObject({ body: GZIP, more: ARTIFACT_HEADERS });
  expect(bucket.newest(KEY)?.more).not.toHaveProperty("ContentEncoding");
  expect(await run(GZIP)).toEqual({ ...facts, outcome: "present" });
  expect(bucket.objects).toHaveLength(1);
});

it("does not make a withdrawn version public again", async () => {
  await run(GZIP);
  bucket.mark(KEY);
  await expect(run(GZIP)).rejects.toThrow(/was withdrawn. To give it back, .* "yank": false/);
  expect(bucket.newest(KEY)).toBeUndefined();
});

it("replaces nothing", async () => {
  bucket.store(KEY, gzipSync("another binary"));
  await expect(run(GZIP)).rejects.toThrow(/other bytes .* have that name .* a version never changes/);
  expect(bucket.objects).toHaveLength(1);
});

it.each([
  ["a bare binary", BINARY, "it is not gzip"],
  ["half a download", GZIP.subarray(0, -5), "cut short"],
  ["two members", Buffer.concat([GZIP, GZIP]), "follow the end of the gzip member"],
  ["nothing", Buffer.alloc(0), "shorter than a gzip header"],
])("does not store %s", async (_, gzip, reason) => {
  await expect(run(gzip)).rejects.toMatchObject({
    name: "UserError",
    message: expect.stringContaining(reason),
  });
  expect(bucket.requests).toEqual([]);
});

it("does not store what the deployment would not record", async () => {
  await expect(run(GZIP, { largestBinary: BINARY.length - 1 })).rejects.toMatchObject({ name: "UserError" });
  expect(bucket.requests).toEqual([]);
});

it("takes platforms of Go and of the past, and others when told so", async () => {
  const wrong = { ...ID, platform: "darwin-amd46" };
  await expect(run(GZIP, {}, wrong)).rejects.toThrow(/darwin-amd46 is no platform .* --any-platform/);
  expect(bucket.requests).toEqual([]);
  await run(GZIP, { anyPlatform: true }, wrong);
  await run(GZIP, {}, { ...ID, platform: "darwin-386" });
  expect(bucket.objects).toHaveLength(2);
});

it("has the headers that build.sh writes", () => {
  const script = fileText("buildspec/build.sh");
  expect(script).toContain(`--content-type ${ARTIFACT_HEADERS.ContentType} `);
  expect(script).toContain(`--content-disposition ${ARTIFACT_HEADERS.ContentDisposition} `);
  expect(script).toContain(`--cache-control '${ARTIFACT_HEADERS.CacheControl}'`);
});
