import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { beforeAll, beforeEach, expect, it } from "vitest";
import { audit } from "../../audit/audit.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  type PatchId,
  patchItemKey,
  patchObjectKey,
} from "../../lambda/shared/keys.ts";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import {
  BAD,
  binaryOf,
  HealthyWorld,
  hashOf,
  idOf,
  NEW,
  OLD,
  PLATFORMS,
} from "../lambda/audit/healthy-world.ts";

const LINUX = "linux-amd64";
const PATCH_ID = { cmd: "greet", platform: LINUX, from: OLD, to: NEW };
const PATCH = patchObjectKey(PATCH_ID);

/** Real patches, by their key. */
const patches = new Map<string, Buffer>();
beforeAll(async () => {
  await ensureNativeAddon(HOST, console.error);
  const { default: bsdiff } = await import("bsdiff-node");
  const folder = mkdtempSync(join(tmpdir(), "hkdist-audit-test-"));
  const file = (name: string) => join(folder, name);
  for (const platform of PLATFORMS) {
    for (const from of [OLD, NEW, BAD]) {
      for (const to of [NEW, BAD]) {
        writeFileSync(file("base"), binaryOf(from, platform));
        writeFileSync(file("target"), binaryOf(to, platform));
        await bsdiff.diff(file("base"), file("target"), file("patch"));
        patches.set(patchObjectKey({ cmd: "greet", from, to, platform }), readFileSync(file("patch")));
      }
    }
  }
  rmSync(folder, { recursive: true });
}, 300_000);

const patchOf = async (id: PatchId) => patches.get(patchObjectKey(id)) ?? Buffer.alloc(0);

let world: HealthyWorld;
beforeEach(async () => {
  world = new HealthyWorld(patchOf);
  await world.ready;
});

const deep = async () => {
  const { breaches, counts } = await audit(world.store, { deep: true, settleSeconds: 0 });
  return { counts, breaches: breaches.map(({ kind, item }) => `${kind} ${item}`) };
};
const stored = (key: string) =>
  world.bucket.objects.find((object) => object.key === key) ?? { body: Buffer.alloc(0), more: {} };

/** Other bytes of the same length, with S3's checksum left as it was: what S3 itself promises cannot be. */
function flip(key: string) {
  const object = stored(key);
  object.body = Buffer.from(object.body);
  const at = object.body.length >> 1;
  object.body.writeUInt8(object.body.readUInt8(at) ^ 0x55, at);
}

it("does again what was recorded, withdrawn versions too, and finds no breach", async () => {
  expect(await deep()).toMatchObject({ breaches: [], counts: { unpacked: 7, applied: 8 } });
});

it("downloads nothing when it is not asked to", async () => {
  flip(PATCH);
  const { breaches, counts } = await audit(world.store, { settleSeconds: 0 });
  expect([breaches, counts]).toEqual([[], expect.not.objectContaining({ unpacked: 7 })]);
  expect(world.bucket.requests.filter((request) => request.startsWith("GET"))).toEqual([]);
});

it.each<[string, () => void, string]>([
  [
    "an artifact's bytes",
    () => flip(artifactObjectKey(idOf(NEW, LINUX))),
    `object-differs ${artifactObjectKey(idOf(NEW, LINUX))}`,
  ],
  [
    "what an artifact's row says is in it",
    () =>
      Object.assign(world.row(artifactItemKey({ cmd: "greet-canary", version: OLD, platform: LINUX })), {
        sha256: hashOf(Buffer.from("x")),
      }),
    `object-differs greet-canary/${OLD}/${LINUX}.gz`,
  ],
  [
    "the size of what is in an artifact",
    () => Object.assign(world.row(artifactItemKey(idOf(OLD, LINUX))), { size: 1 }),
    `object-differs ${artifactObjectKey(idOf(OLD, LINUX))}`,
  ],
  ["a patch's bytes", () => flip(PATCH), `object-differs ${PATCH}`],
  [
    "a patch and its row, which is another pair's",
    () => {
      const other = patches.get(patchObjectKey({ ...PATCH_ID, to: BAD })) ?? Buffer.alloc(0);
      Object.assign(stored(PATCH), { body: other, more: {} });
      Object.assign(world.row(patchItemKey(PATCH_ID)), { size: other.length, sha256: hashOf(other) });
    },
    `patch-wrong ${PATCH}`,
  ],
  [
    "a patch and its row, which are none",
    () => {
      const other = Buffer.from("no patch");
      Object.assign(stored(PATCH), { body: other, more: {} });
      Object.assign(world.row(patchItemKey(PATCH_ID)), { size: other.length, sha256: hashOf(other) });
    },
    `patch-wrong ${PATCH}`,
  ],
])("finds that somebody changed %s", async (_, change, breach) => {
  change();
  expect((await deep()).breaches).toEqual([breach]);
});

it("tells what it cannot read, and goes on", async () => {
  const { send } = world.bucket.s3;
  world.bucket.s3.send = (async (command: { input: { Key?: string }; constructor: { name: string } }) => {
    if (command.constructor.name === "GetObjectCommand" && command.input.Key === PATCH)
      throw new Error("broken");
    return (send as (one: unknown) => unknown)(command);
  }) as typeof send;
  flip(artifactObjectKey(idOf(BAD, LINUX)));
  expect((await deep()).breaches).toEqual([
    `object-differs ${artifactObjectKey(idOf(BAD, LINUX))}`,
    `audit-unfinished ${PATCH}`,
  ]);
});

it("leaves to the shallow audit what that one finds", async () => {
  const key = artifactObjectKey(idOf(OLD, LINUX));
  Object.assign(stored(key), { body: gzipSync("shorter") });
  expect((await deep()).breaches).toEqual([`object-differs ${key}`]);
});
