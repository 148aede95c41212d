import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { preview, promote } from "../../../lambda/promote/promote.ts";
import { artifactsOfVersion } from "../../../lambda/shared/artifacts.ts";
import { type Current, getCurrent, historyOf } from "../../../lambda/shared/current.ts";
import type { PromoteRequest } from "../../../lambda/shared/payloads.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { current, hashOf, moved, recorded, standing, type Versions, yank } from "./standing.ts";

// The code's own waits are none here.
vi.mock("node:timers/promises", () => ({ setTimeout: async () => {} }));
const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());

const PLATFORMS = ["linux", "darwin"];
const ASKED: PromoteRequest = { cmd: "greet", version: "3", action: "promote", force: false, reason: "" };

/** Versions 1 to 3 are recorded and stored on both platforms; 1 and 2 were current, 2 is. */
function released(now: Current | undefined = undefined, history = LIFE) {
  const bucket = new MemoryBucket();
  const artifacts = ["1", "2", "3"].flatMap((version) =>
    recorded(version, ...PLATFORMS).map((one) => ({
      ...one,
      s3VersionId: bucket.store(one.key, Buffer.from(version)),
    })),
  );
  const items: Item[] = [
    ...artifacts.map(artifactItem),
    ...standing(now ?? current(2, { linux: "2", darwin: "2" }), history),
  ];
  const table = new MemoryTable(items);
  const stores = { table, s3: bucket.s3, bucket: bucket.name };
  const run = (request: Partial<PromoteRequest>, by = "run-1") =>
    promote(stores, { ...ASKED, ...request }, by);
  return { bucket, table, stores, run };
}
const both = (version: string): Versions => ({ linux: version, darwin: version });
const LIFE = [moved(1, {}, both("1")), moved(2, both("1"), both("2"))];

const platformsOf = async (table: MemoryTable) =>
  (await getCurrent(table, "greet", { consistent: true }))?.platforms;
const at = (version: string) => ({ version, sha256: hashOf(version) });

it("promotes in one write, with its history", async () => {
  const { table, run } = released();
  expect(await run({})).toEqual({
    cmd: "greet",
    version: "3",
    action: "promote",
    revision: 3,
    changed: true,
    from: both("2"),
    to: both("3"),
  });
  expect(await platformsOf(table)).toEqual({ linux: at("3"), darwin: at("3") });
  expect(await historyOf(table, "greet")).toHaveLength(3);
  expect(table.written).toHaveLength(2);
});

it("asked for by another execution again changes nothing", async () => {
  const { table, run } = released();
  await run({});
  expect(await run({}, "run-2")).toMatchObject({ revision: 3, changed: false, from: {}, to: {} });
  expect(table.written).toHaveLength(2);
});

describe("meant for a revision that somebody has seen", () => {
  it("promotes while that is the newest", async () => {
    const { table, run } = released();
    expect(await run({ revision: 2 })).toMatchObject({ revision: 3, changed: true, to: both("3") });
    expect(await platformsOf(table)).toEqual({ linux: at("3"), darwin: at("3") });
  });

  it("promotes the first of all where nothing was current", async () => {
    const { stores } = released();
    const artifacts = [...(await artifactsOfVersion(stores.table, "greet", "3")).values()];
    const table = new MemoryTable(artifacts.map(artifactItem));
    expect(await promote({ ...stores, table }, { ...ASKED, revision: 0 }, "run-1")).toMatchObject({
      revision: 1,
      changed: true,
      from: {},
      to: both("3"),
    });
  });

  it.each([
    ["a change that came since", { revision: 1 }],
    ["a change that came since, although it is forced", { revision: 1, force: true }],
    ["a revision that never was", { revision: 3 }],
    ["a time when nothing was current", { revision: 0 }],
    ["a change that came since, to the same version", { revision: 1, version: "2" }],
  ])("ends because of %s, says which is the newest change, and writes nothing", async (_, request) => {
    const { table, run } = released();
    const failure = await run(request).catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "ConcurrentPublishError" });
    expect((failure as Error).message).toMatch(
      /^current of greet changed meanwhile: execution-2 moved linux from 1 to 2, darwin from 1 to 2 at .*\. Nothing was done here/,
    );
    expect(table.written).toEqual([]);
  });

  it("finds its own change when it is asked again, whatever came after it", async () => {
    const { table, run } = released();
    const first = await run({ revision: 2 });
    await run({ version: "1", force: true }, "their-run");
    const before = table.written.length;
    expect(await run({ revision: 2 })).toEqual(first);
    expect(table.written).toHaveLength(before);
  });
});

describe("looked at before it is done", () => {
  it("tells what would change and at which revision, and writes nothing", async () => {
    const { table, stores } = released();
    const { current, change } = await preview(stores, ASKED);
    expect(current?.revision).toBe(2);
    expect(change?.entry).toMatchObject({ from: both("2"), to: both("3") });
    expect(table.written).toEqual([]);
  });

  it.each([
    ["an older version", { version: "1" }, "PromoteRefusedError"],
    ["a version that is not recorded", { version: "4" }, "PromoteRefusedError"],
  ])("is refused as the execution would be: %s", async (_, request, name) => {
    await expect(preview(released().stores, { ...ASKED, ...request })).rejects.toMatchObject({ name });
  });
});

it.each([
  ["promote", "release it first"],
  ["yank", "there is nothing to withdraw. Look whether the version is written right"],
  ["restore", "it is not withdrawn, so there is nothing to undo. Look whether the version is written right"],
] as const)("refuses to %s a version that is not recorded", async (action, says) => {
  const { table, run } = released();
  await expect(run({ version: "4", action, reason: "x" })).rejects.toMatchObject({
    name: "PromoteRefusedError",
    message: `greet 4 is not recorded on any platform: ${says}`,
  });
  expect(table.written).toEqual([]);
});

it("takes the mark off a version whose rows are gone", async () => {
  const { table, run } = released(current(2, both("2"), { "4": yank() }));
  expect(await run({ version: "4", action: "restore" })).toMatchObject({ revision: 3, changed: true });
  expect(await getCurrent(table, "greet", { consistent: true })).not.toHaveProperty("yanked");
});

it("refuses a version whose object is not the recorded one", async () => {
  const { table, bucket, run } = released();
  bucket.store("greet/3/linux.gz", Buffer.from("other"));
  await expect(run({})).rejects.toMatchObject({ name: "ArtifactConflictError" });
  expect(table.written).toEqual([]);
});

it("refuses a withdrawn version for that, although its objects are gone", async () => {
  const { bucket, run } = released(current(2, both("2"), { "3": yank() }));
  bucket.objects.length = 0;
  await expect(run({ force: true })).rejects.toMatchObject({ name: "YankedVersionError" });
});

describe("a yank", () => {
  const YANK = { version: "2", action: "yank", reason: "eats files" } as const;

  it("gives every platform its own newest good version in the same write", async () => {
    const history = [moved(1, {}, { linux: "1" }), moved(2, { linux: "1" }, both("2"))];
    const { table, run } = released(undefined, history);
    expect(await run(YANK)).toMatchObject({ changed: true, from: both("2"), to: { linux: "1" } });
    expect(await platformsOf(table)).toEqual({ linux: at("1") });
    expect(table.written).toHaveLength(2);
  });

  it("passes over a version that cannot be downloaded", async () => {
    const { bucket, table, run } = released(current(3, both("2")), [
      moved(1, {}, both("3")),
      moved(2, both("3"), both("1")),
      moved(3, both("1"), both("2")),
    ]);
    bucket.store("greet/1/darwin.gz", Buffer.from("other"));
    expect(await run(YANK)).toMatchObject({ to: { linux: "1" } });
    expect(await platformsOf(table)).toEqual({ linux: at("1") });
  });

  it("a second time changes nothing, and undoing it promotes nothing", async () => {
    const { table, run } = released();
    await run(YANK);
    expect(await run({ ...YANK, reason: "another" }, "run-2")).toMatchObject({ revision: 3, changed: false });
    expect(await run({ version: "2", action: "restore" }, "run-3")).toMatchObject({
      revision: 4,
      changed: true,
      to: {},
    });
    expect(await run({ version: "2", action: "restore" }, "run-4")).toMatchObject({
      revision: 4,
      changed: false,
    });
    const now = await getCurrent(table, "greet", { consistent: true });
    expect(now).toMatchObject({ platforms: { linux: at("1"), darwin: at("1") } });
    expect(now).not.toHaveProperty("yanked");
    const [, , withdrawn, restored] = await historyOf(table, "greet");
    expect([withdrawn?.yanked, restored?.restored]).toEqual([{ version: "2", reason: "eats files" }, "2"]);
  });
});

describe("when somebody else is faster", () => {
  /** Another execution promotes 1 between this one's look and its write. */
  function overtaken(action: PromoteRequest["action"], version: string) {
    const { table, run } = released();
    const send = table.documents.send.bind(table.documents) as (command: unknown) => Promise<unknown>;
    let overtakes = true;
    table.documents.send = (async (command: { constructor: { name: string } }) => {
      if (overtakes && command.constructor.name === "TransactWriteCommand") {
        overtakes = false;
        await run({ version: "1", force: true }, "their-run");
      }
      return send(command);
    }) as typeof table.documents.send;
    return { table, result: run({ action, version, reason: "x" }) };
  }

  it("a promotion ends, says who it was, and changes nothing", async () => {
    const { table, result } = overtaken("promote", "3");
    const failure = await result.catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "ConcurrentPublishError" });
    expect((failure as Error).message).toMatch(
      /^current of greet changed meanwhile: their-run moved darwin from 2 to 1, linux from 2 to 1 at .*\. Nothing was done here/,
    );
    expect(await platformsOf(table)).toEqual({ linux: at("1"), darwin: at("1") });
    expect(await historyOf(table, "greet")).toHaveLength(3);
  });

  it("a yank decides anew", async () => {
    const { table, result } = overtaken("yank", "2");
    expect(await result).toMatchObject({ revision: 4, changed: true, from: {}, to: {} });
    expect(await platformsOf(table)).toEqual({ linux: at("1"), darwin: at("1") });
  });
});

describe("when the answer to the write was lost", () => {
  it.each([
    ["promote", "3"],
    ["yank", "2"],
  ] as const)("%s finds its own change, whatever came after it", async (action, version) => {
    const { table, run } = released();
    const first = await run({ action, version, reason: "x" });
    await run({ version: "1", force: true }, "their-run");
    const before = table.written.length;
    expect(await run({ action, version, reason: "x" })).toEqual(first);
    expect(table.written).toHaveLength(before);
  });
});
