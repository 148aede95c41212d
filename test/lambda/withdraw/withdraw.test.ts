import type { CloudFrontClient } from "@aws-sdk/client-cloudfront";
import { DeleteObjectCommand } from "@aws-sdk/client-s3";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { currentItemKey, patchItemKey } from "../../../lambda/shared/keys.ts";
import type { Promoted } from "../../../lambda/shared/payloads.ts";
import { invalidate } from "../../../lambda/withdraw/invalidate.ts";
import { withdraw } from "../../../lambda/withdraw/withdraw.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { current, moved, recorded, standing, yank } from "../promote/standing.ts";

const OBJECTS = ["greet/2/darwin.gz", "greet/2/linux.gz", "greet/1/2/linux"];
/** Of other versions, platforms that are called alike, documents. */
const OTHERS = [
  "greet/1/linux.gz",
  "greet/2/linux.gz.asc",
  "greet/2/3/linux",
  "greet/1/2/linux64",
  "greet/2/provenance.json",
];

let bucket: MemoryBucket;
let table: MemoryTable;
const purged = vi.fn<(keys: string[]) => Promise<void>>(async () => {});

beforeEach(() => {
  purged.mockReset();
  bucket = new MemoryBucket();
  for (const key of OTHERS) bucket.store(key, Buffer.from("other"));
  const ids = new Map(OBJECTS.map((key) => [key, bucket.store(key, Buffer.from(key))]));
  const patch = (from: string, more: object) => {
    const id = { cmd: "greet", platform: "linux", from, to: "2" };
    return { ...patchItemKey(id), ...id, ...more };
  };
  table = new MemoryTable([
    ...recorded("2", "linux", "darwin").map((one) =>
      artifactItem({ ...one, s3VersionId: ids.get(one.key) ?? "" }),
    ),
    patch("1", { size: 1, sha256: "x", s3VersionId: ids.get("greet/1/2/linux") }),
    patch("0", { none: "the patch is larger" }),
    ...standing(current(3, { linux: "1" }), [moved(3, {}, {}, { restored: "2", by: "their-run" })]),
  ]);
});

/** What the table says of version 2. */
function say(withdrawn: boolean) {
  const now = current(3, { linux: "1" }, withdrawn ? { "2": yank() } : undefined);
  Object.assign(table.find(currentItemKey("greet")) ?? {}, { yanked: now.yanked });
}

const run = (action: Promoted["action"]) =>
  withdraw(
    { table, s3: bucket.s3, bucket: bucket.name, invalidate: purged },
    { cmd: "greet", version: "2", action, revision: 3, changed: true, from: {}, to: {} },
  );
const visible = () => [...OBJECTS, ...OTHERS].filter((key) => bucket.newest(key) !== undefined);

describe("a withdrawal", () => {
  beforeEach(() => say(true));

  it("hides the artifacts and the patches to them, and the CDN forgets them", async () => {
    expect(await run("yank")).toEqual({ marked: 3, unmarked: 0, invalidated: 3 });
    expect(visible()).toEqual(OTHERS);
    expect(purged.mock.calls).toEqual([[OBJECTS]]);
  });

  it("again puts no second delete marker, and has the CDN forget again", async () => {
    await run("yank");
    const before = [...bucket.objects];
    expect(await run("yank")).toEqual({ marked: 0, unmarked: 0, invalidated: 3 });
    expect(bucket.objects).toEqual(before);
    expect(purged).toHaveBeenCalledTimes(2);
  });

  it("that died on its way is finished", async () => {
    let left = 1;
    bucket.beforeDelete = () => {
      if (left-- === 0) throw new Error("died");
    };
    await expect(run("yank")).rejects.toThrow("died");
    bucket.beforeDelete = () => {};
    await run("yank");
    expect(visible()).toEqual(OTHERS);
    expect(bucket.objects.filter(({ isMarker }) => isMarker)).toHaveLength(3);
  });

  it("that is undone meanwhile follows, and says so", async () => {
    bucket.beforeDelete = () => say(false);
    const failure = await run("yank").catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "ConcurrentPublishError" });
    expect((failure as Error).message).toMatch(/their-run restored 2 at .*Its objects are back/);
    expect(visible()).toEqual([...OBJECTS, ...OTHERS]);
    expect(purged).toHaveBeenCalledTimes(2);
  });
});

describe("a table that changes its mind in every round", () => {
  it.each(["yank", "restore"] as const)("ends a %s with the advice to start it again", async (action) => {
    say(true);
    let isYanked = true;
    purged.mockImplementation(async () => {
      isYanked = !isYanked;
      say(isYanked);
    });
    const failure = await run(action).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "ConcurrentPublishError" });
    expect((failure as Error).message).toMatch(
      /^the withdrawal of greet 2 changed meanwhile: their-run restored 2 at .*\. It changed in each of 5 rounds, and its objects may be either: start what you want of it again\.$/,
    );
    expect(purged).toHaveBeenCalledTimes(5);
  });
});

describe("undoing it", () => {
  beforeEach(async () => {
    say(true);
    await run("yank");
    purged.mockClear();
    say(false);
  });

  it("takes off the delete markers, every one, and nothing else", async () => {
    // As two yanks at once leave it.
    bucket.answer(new DeleteObjectCommand({ Bucket: bucket.name, Key: "greet/2/linux.gz" }));
    const real = bucket.objects.filter(({ isMarker }) => !isMarker);
    expect(await run("restore")).toEqual({ marked: 0, unmarked: 4, invalidated: 3 });
    expect(bucket.objects).toEqual(real);
    expect(purged.mock.calls).toEqual([[OBJECTS]]);
  });

  it("again does nothing more", async () => {
    await run("restore");
    const before = [...bucket.objects];
    expect(await run("restore")).toEqual({ marked: 0, unmarked: 0, invalidated: 3 });
    expect(bucket.objects).toEqual(before);
  });

  it("says so when another object than the recorded one comes to light", async () => {
    bucket.store("greet/2/linux.gz", Buffer.from("stored over the delete marker"));
    await expect(run("restore")).rejects.toMatchObject({
      name: "ArtifactConflictError",
      message: expect.stringContaining("greet/2/linux.gz was recorded as S3 version"),
    });
  });
});

describe("the CDN", () => {
  const send = vi.fn<(command: { input: unknown }) => Promise<unknown>>();
  const cloudfront = { send } as unknown as CloudFrontClient;
  beforeEach(() => {
    send.mockReset().mockResolvedValue({});
  });

  it("is told every path, none with a wildcard", async () => {
    await invalidate(cloudfront, "D1", OBJECTS, "run-1");
    expect(send.mock.calls.map(([{ input }]) => input)).toEqual([
      {
        DistributionId: "D1",
        InvalidationBatch: {
          CallerReference: "run-1-0",
          Paths: { Quantity: 3, Items: ["/greet/2/darwin.gz", "/greet/2/linux.gz", "/greet/1/2/linux"] },
        },
      },
    ]);
  });

  it("is told nothing when there is nothing", async () => {
    await invalidate(cloudfront, "D1", [], "run-1");
    expect(send).not.toHaveBeenCalled();
  });

  it("is told of more than it takes at once in parts", async () => {
    const keys = Array.from({ length: 3001 }, (_, n) => `greet/2/${n}.gz`);
    await invalidate(cloudfront, "D1", keys, "run-1");
    expect(send).toHaveBeenCalledTimes(2);
  });

  it("that does not take it is an error that the machine tries again", async () => {
    send.mockRejectedValue(new Error("TooManyInvalidationsInProgress"));
    await expect(invalidate(cloudfront, "D1", OBJECTS, "run-1")).rejects.toMatchObject({
      name: "InvalidationFailedError",
      message: expect.stringContaining("Start this again with the same input"),
    });
  });
});
