import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Stopwatch } from "../../../lambda/patch/stopwatch.ts";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import { currentItemKey, patchItemKey } from "../../../lambda/shared/keys.ts";
import { isSettled } from "../../../lambda/shared/patches.ts";
import { ensureNativeAddon, HOST } from "../../../tools/native-addon.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { pseudoRandom } from "../support.ts";

// Loaded when the addon is there.
let makePatch: typeof import("../../../lambda/patch/make-patch.ts").makePatch;
let bsdiff: typeof import("bsdiff-node").default;
beforeAll(async () => {
  await ensureNativeAddon(HOST, console.error);
  ({ makePatch } = await import("../../../lambda/patch/make-patch.ts"));
  ({ default: bsdiff } = await import("bsdiff-node"));
});

const random = pseudoRandom(20260131);
const BASE = Buffer.from(Array.from({ length: 20_000 }, () => Math.floor(random() * 256)));
/** What a new version is to its base: most of it is the same, at other places. */
const TARGET = Buffer.concat([
  BASE.subarray(0, 8000),
  Buffer.from("a new function"),
  BASE.subarray(9000, 20_000),
]);
const PAIR = { platform: "linux-amd64", from: "20260101" };
const EVENT = { cmd: "greet", version: "20260131.1", pair: PAIR };
const KEY = "greet/20260101/20260131.1/linux-amd64";
const BASE_KEY = "greet/20260101/linux-amd64.gz";
const TARGET_KEY = "greet/20260131.1/linux-amd64.gz";
const ROW_KEY = patchItemKey({ cmd: "greet", from: "20260101", to: "20260131.1", platform: "linux-amd64" });
const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("base64");

/** The test's own folder; `temporary` in it is what makePatch takes for the system's. */
let folder: string;
let temporary: string;
let bucket: MemoryBucket;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hkdist-patch-"));
  temporary = join(folder, "temporary");
  mkdirSync(temporary);
  vi.stubEnv("TMPDIR", temporary);
  vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
  bucket = new MemoryBucket();
});
afterEach(() => {
  vi.unstubAllEnvs();
  const left = readdirSync(temporary);
  rmSync(folder, { recursive: true });
  expect(left, "nothing is left behind").toEqual([]);
});

/** Stores a binary and tells its row. */
function stored(version: string, contents: Buffer, gzip = gzipSync(contents)): Artifact {
  const key = `greet/${version}/linux-amd64.gz`;
  return {
    cmd: "greet",
    version,
    platform: "linux-amd64",
    sha256: sha256(contents),
    size: contents.length,
    gzSize: gzip.length,
    key,
    s3VersionId: bucket.store(key, gzip),
    recordedAt: "2026-01-31T12:00:00.000Z",
  };
}

/** Base and target as they should be, and a table with their rows and nothing else. */
function release({ base = BASE, target = TARGET }: { base?: Buffer; target?: Buffer } = {}): MemoryTable {
  return new MemoryTable([stored("20260101", base), stored("20260131.1", target)].map(artifactItem));
}

const make = (table: MemoryTable, milliseconds = 900_000, stopwatch = new Stopwatch()) =>
  makePatch(
    { table, s3: bucket.s3, bucket: bucket.name, deadline: Date.now() + milliseconds, stopwatch },
    EVENT,
  );

const inFolder = (name: string, contents?: Buffer) => {
  const file = join(folder, name);
  if (contents !== undefined) writeFileSync(file, contents);
  return file;
};

/** The patch that bsdiff makes. */
async function patchOf(base: Buffer, target: Buffer): Promise<Buffer> {
  await bsdiff.diff(inFolder("base", base), inFolder("target", target), inFolder("patch"));
  return readFileSync(inFolder("patch"));
}

async function apply(base: Buffer, patch: Buffer): Promise<Buffer> {
  await bsdiff.patch(inFolder("base", base), inFolder("result"), inFolder("patch", patch));
  return readFileSync(inFolder("result"));
}

describe("a patch", () => {
  it("is made, proved, stored once and recorded", async () => {
    const table = release();
    const result = await make(table);

    const patch = bucket.newest(KEY);
    if (patch === undefined) throw new Error("no patch was stored");
    expect(patch.body.toString("latin1", 0, 8)).toBe("BSDIFF40");
    expect(await apply(BASE, patch.body)).toEqual(TARGET);
    expect(patch.body.length).toBeLessThan(1000);
    expect(patch.more).toEqual({
      ChecksumAlgorithm: "SHA256",
      ContentType: "application/octet-stream",
      CacheControl: "public, max-age=31536000, immutable",
    });
    expect(result).toEqual({ ...PAIR, outcome: "made", size: patch.body.length });
    expect(table.written).toEqual([
      {
        ...ROW_KEY,
        cmd: "greet",
        ...PAIR,
        to: "20260131.1",
        size: patch.body.length,
        sha256: sha256(patch.body),
        s3VersionId: patch.versionId,
        recordedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
        milliseconds: expect.any(Number),
      },
    ]);
  });

  it.each([
    ["memory", "64", 900_000, /of memory, the patch function has 64 MB/],
    ["time", "512", 9500, /the patch function has 9$/],
  ])("is not begun where there is too little %s, and not settled by that", async (_, megabytes, left, reason) => {
    vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", megabytes);
    const table = release();
    expect(await make(table, left)).toEqual({
      ...PAIR,
      outcome: "none",
      reason: expect.stringMatching(reason),
    });
    expect(bucket.requests).toEqual([`HEAD ${KEY}`]);
    expect(table.written).toEqual([
      expect.objectContaining({ ...ROW_KEY, none: expect.stringMatching(reason), lacks: true }),
    ]);
    expect(table.written.map((row) => isSettled(row as never))).toEqual([false]);

    vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "512");
    expect(await make(table)).toMatchObject({ outcome: "made" });
    expect(table.written.map((row) => isSettled(row as never))).toEqual([false, true]);
  });

  it("that is recorded stays so, also where there is too little room later", async () => {
    const table = release();
    await make(table);
    bucket.mark(KEY);
    vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "64");
    expect(await make(table)).toMatchObject({ outcome: "none" });
    expect(table.written).toHaveLength(1);
  });

  it("that is stored already is proved where there is no room to make it", async () => {
    const table = release();
    bucket.store(KEY, await patchOf(BASE, TARGET));
    vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "64");
    expect(await make(table)).toMatchObject({ outcome: "present" });
    expect(table.written).toEqual([expect.objectContaining({ ...ROW_KEY, s3VersionId: expect.any(String) })]);
  });

  it("does not lead to a withdrawn version, also not when it is withdrawn while it is made", async () => {
    const withdrawn = { reason: "broken", at: "2026-02-01T00:00:00Z", by: "somebody" };
    const current = { ...currentItemKey("greet"), cmd: "greet", revision: 2, platforms: {} };
    const before = release();
    before.change({ ...current, yanked: { "20260131.1": withdrawn } });
    await expect(make(before)).rejects.toThrow(/20260131.1 was withdrawn .*: broken/);
    expect(bucket.requests).toEqual([]);

    const meanwhile = release();
    // The second look at the table: the first one is at the beginning.
    meanwhile.onTheWay = async () => {
      if (bucket.requests.some((request) => request.startsWith(`GET ${BASE_KEY}`))) {
        meanwhile.change({ ...current, yanked: { "20260131.1": withdrawn } });
      }
    };
    await expect(make(meanwhile)).rejects.toThrow(/20260131.1 was withdrawn/);
    expect(bucket.newest(KEY)).toBeUndefined();
    expect(meanwhile.written).toEqual([]);
  });

  it("is made in a folder of its own, and those of processes that were killed are removed", async () => {
    mkdirSync(join(temporary, "patch-999999999-abc"));
    mkdirSync(join(temporary, "somebody-elses"));
    mkdirSync(join(temporary, `patch-${process.ppid}-abc`));
    expect(await make(release())).toMatchObject({ outcome: "made" });
    expect(readdirSync(temporary).sort()).toEqual([`patch-${process.ppid}-abc`, "somebody-elses"]);
    rmSync(join(temporary, "somebody-elses"), { recursive: true });
    rmSync(join(temporary, `patch-${process.ppid}-abc`), { recursive: true });
  });

  it("tells how long its parts took", async () => {
    const stopwatch = new Stopwatch();
    await make(release(), undefined, stopwatch);
    expect(Object.keys(stopwatch.milliseconds)).toEqual(["look up", "download", "diff", "prove", "store"]);
  });

  it("may lead to an older version", async () => {
    const table = release({ base: TARGET, target: BASE });
    expect(await make(table)).toMatchObject({ outcome: "made" });
    expect(await apply(TARGET, bucket.newest(KEY)?.body ?? Buffer.of())).toEqual(BASE);
  });

  it("is of what was recorded, not of what is newest", async () => {
    const table = release();
    bucket.store(BASE_KEY, gzipSync("another file"));
    bucket.store(TARGET_KEY, gzipSync("another file"));
    expect(await make(table)).toMatchObject({ outcome: "made" });
    expect(bucket.requests.filter((request) => request.startsWith("GET")).toSorted()).toEqual([
      `GET ${BASE_KEY} v1`,
      `GET ${TARGET_KEY} v2`,
    ]);
  });

  it("is worked on in a folder of its own", async () => {
    const table = release();
    const folders: string[] = [];
    bucket.beforePut = () => folders.push(...readdirSync(temporary));
    await make(table);
    expect(folders).toEqual([expect.stringMatching(/^patch-.+/)]);
  });

  it("that is there already is proved and recorded, and not stored again", async () => {
    const table = release();
    const patch = await patchOf(BASE, TARGET);
    const s3VersionId = bucket.store(KEY, patch);
    expect(await make(table)).toEqual({ ...PAIR, outcome: "present", size: patch.length });
    expect(table.find(ROW_KEY)).toMatchObject({ size: patch.length, sha256: sha256(patch), s3VersionId });
    expect(bucket.requests).toContain(`GET ${KEY} ${s3VersionId}`);
    expect(bucket.requests).not.toContain(`PUT ${KEY}`);
  });

  it("that is made again finds the first one", async () => {
    const table = release();
    const first = await make(table);
    const row = table.find(ROW_KEY);
    expect(await make(table)).toEqual({ ...first, outcome: "present" });
    expect(table.find(ROW_KEY)).toEqual({
      ...row,
      recordedAt: expect.any(String),
      milliseconds: expect.any(Number),
    });
    expect(bucket.objects.filter(({ key }) => key === KEY)).toHaveLength(1);
  });

  it("that is not smaller than the full download is not stored, and its row says why", async () => {
    const target = Buffer.from("a small new program\n");
    const gzSize = gzipSync(target).length;
    const table = release({ target });
    const result = await make(table);
    expect(result).toEqual({
      ...PAIR,
      outcome: "none",
      reason: expect.stringMatching(new RegExp(`^the patch has \\d+ bytes, the full download ${gzSize}$`)),
    });
    expect(table.written).toEqual([
      {
        ...ROW_KEY,
        cmd: "greet",
        ...PAIR,
        to: "20260131.1",
        none: (result as { reason: string }).reason,
        recordedAt: expect.any(String),
      },
    ]);
    expect(bucket.newest(KEY)).toBeUndefined();
    expect(bucket.requests).not.toContain(`PUT ${KEY}`);
  });
});

it("a patch that is stored between our look and our put is proved and recorded as it is", async () => {
  const table = release();
  const theirs = await patchOf(BASE, TARGET);
  bucket.beforePut = () => bucket.store(KEY, theirs);
  expect(await make(table)).toMatchObject({ outcome: "present", size: theirs.length });
  expect(table.written.length).toBe(1);
  expect(bucket.newest(KEY)?.body).toBe(theirs);
});

describe("no patch is stored or recorded", () => {
  /** The error of an attempt that must leave bucket and table as they were. */
  async function failure(table: MemoryTable): Promise<Error> {
    const before = bucket.objects.length;
    const error: unknown = await make(table).then(
      (result) => `it was ${result.outcome}`,
      (reason: unknown) => reason,
    );
    expect(table.written).toEqual([]);
    expect(bucket.objects).toHaveLength(before);
    expect(error).toMatchObject({ name: "PatchNotProvedError", message: expect.any(String) });
    return error as Error;
  }

  it.each([
    ["base", "20260101", BASE_KEY],
    ["target", "20260131.1", TARGET_KEY],
  ])("when the %s is another file than its row says", async (which, version, key) => {
    const rows = ["20260101", "20260131.1"].map((one) => {
      const good = one === "20260101" ? BASE : TARGET;
      const found = one === version ? Buffer.concat([good, Buffer.from("!")]) : good;
      return { ...stored(one, found), sha256: sha256(good) };
    });
    const { message } = await failure(new MemoryTable(rows.map(artifactItem)));
    const good = which === "base" ? BASE : TARGET;
    const found = Buffer.concat([good, Buffer.from("!")]);
    expect(message).toBe(
      `${key} is damaged: its row says SHA-256 ${sha256(good)}, its object unpacks to ${sha256(found)}`,
    );
  });

  it.each([
    ["base is cut short", "20260101", gzipSync(BASE).subarray(0, -1000)],
    ["base is no gzip", "20260101", BASE],
    ["target is cut short", "20260131.1", gzipSync(TARGET).subarray(0, -1000)],
  ])("when the %s", async (_, version, bytes) => {
    const rows = [
      stored("20260101", BASE, version === "20260101" ? bytes : undefined),
      stored("20260131.1", TARGET, version === "20260131.1" ? bytes : undefined),
    ];
    const { message } = await failure(new MemoryTable(rows.map(artifactItem)));
    expect(message).toContain(`greet/${version}/linux-amd64.gz`);
  });

  it.each([
    ["base", "20260131.1", "20260101"],
    ["target", "20260101", "20260131.1"],
  ])("when the %s is not recorded", async (_, recorded, missing) => {
    const { message } = await failure(new MemoryTable([artifactItem(stored(recorded, BASE))]));
    expect(message).toBe(`greet ${missing} is not recorded on linux-amd64`);
    expect(bucket.requests).toEqual([]);
  });

  it("when the stored one makes another file", async () => {
    const table = release();
    const other = Buffer.concat([TARGET, Buffer.from("and more")]);
    bucket.store(KEY, await patchOf(BASE, other));
    const { message } = await failure(table);
    expect(message).toBe(`${KEY} makes a file with SHA-256 ${sha256(other)} instead of ${sha256(TARGET)}`);
    expect(bucket.requests).not.toContain(`PUT ${KEY}`);
  });

  // The addon rejects with plain words, which the handler makes an error of.
  it.each([
    ["no patch at all", () => Buffer.from("no patch, but as long as the header of one")],
    ["nothing", () => Buffer.alloc(0)],
    ["cut short", async () => (await patchOf(BASE, TARGET)).subarray(0, -20)],
  ])("when the stored one is %s", async (_, broken) => {
    const table = release();
    bucket.store(KEY, await broken());
    await expect(make(table)).rejects.toMatch(/corrupt/i);
    expect(table.written).toEqual([]);
    expect(bucket.requests).not.toContain(`PUT ${KEY}`);
  });

  it("when someone else's is stored between our look and our put, and is no patch", async () => {
    const table = release();
    const theirs = Buffer.from("theirs");
    bucket.beforePut = () => bucket.store(KEY, theirs);
    await expect(make(table)).rejects.toMatch(/corrupt/i);
    expect(table.written).toEqual([]);
    expect(bucket.newest(KEY)?.body).toBe(theirs);
  });

  it("when S3 fails, whose error is passed on as it is", async () => {
    const table = release();
    const broken = new Error("the connection broke");
    bucket.beforePut = () => {
      throw broken;
    };
    await expect(make(table)).rejects.toBe(broken);
    expect(table.written).toEqual([]);
  });
});
