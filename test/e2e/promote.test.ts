import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { ListObjectVersionsCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { historyOf } from "../../lambda/shared/current.ts";
import { artifactObjectKey, patchObjectKey } from "../../lambda/shared/keys.ts";
import { hostPlatform } from "../../tools/install.ts";
import { applyPatch, BSDIFF4 } from "./readers.ts";
import { directory, local, promote, release, repositoryOf, s3, table } from "./setting.ts";

const cmd = "greet-promoted";
const platform = hostPlatform();
const [FIRST, SECOND, THIRD] = ["20260105", "20260106", "20260107"] as const;
const binaries = new Map<string, Buffer>();

const status = async (key: string) => (await fetch(`${local.artifactsUrl}${key}`)).status;
const gz = (version: string) => artifactObjectKey({ cmd, version, platform });
const current = async () =>
  (await (await directory(`${cmd}/current/${platform}.json`)).json()) as { version: string; sha256: string };

/** What a client does that has a version: it asks what is current and applies the patch, if there is one. */
async function updateFrom(version: string): Promise<string> {
  const { version: to, sha256 } = await current();
  const key = patchObjectKey({ cmd, from: version, to, platform });
  const answer = await fetch(`${local.artifactsUrl}${key}`);
  expect([key, answer.status]).toEqual([key, 200]);
  const patch = Buffer.from(await answer.arrayBuffer());
  const updated = applyPatch(BSDIFF4, binaries.get(version) ?? Buffer.alloc(0), patch);
  expect(createHash("sha256").update(updated).digest("base64")).toBe(sha256);
  return to;
}

beforeAll(async () => {
  for (const version of [FIRST, SECOND, THIRD]) {
    repositoryOf(cmd).commitAndTag(`Version ${version}`, `v${version}`);
    const { status, result } = await release({ cmd, platforms: [platform], publish: version !== THIRD });
    expect(status).toBe("SUCCEEDED");
    expect(result.artifacts).toHaveLength(1);
    const answer = await fetch(`${local.artifactsUrl}${gz(version)}`);
    binaries.set(version, gunzipSync(Buffer.from(await answer.arrayBuffer())));
  }
});

test("a wrong input changes nothing and says what is right", async () => {
  const refused = await promote({ cmd, version: `v${FIRST}`, yank: true });
  expect(refused).toMatchObject({ status: "FAILED", error: "InvalidPromoteRequestError" });
  expect(refused.cause).toMatch(
    /^version: must be a version .*; reason: missing; .*The shortest right input is {/,
  );
  expect(refused.states).toEqual(["Promote", "Failed"]);
});

test("a candidate is promoted without a build", async () => {
  const { status, result, states } = await promote({ cmd, version: THIRD });
  expect(status).toBe("SUCCEEDED");
  expect(result).toMatchObject({
    published: { revision: 3, changed: true, from: { [platform]: SECOND }, to: { [platform]: THIRD } },
    withdrawn: false,
    // The release made them.
    patches: [],
  });
  expect(states).toEqual(["Promote", "IsPromotion", "Bases", "Patch", "Done"]);
  expect(await updateFrom(SECOND)).toBe(THIRD);
});

describe("going back", () => {
  test("takes a word", async () => {
    const refused = await promote({ cmd, version: SECOND });
    expect(refused).toMatchObject({ status: "FAILED", error: "PromoteRefusedError" });
    expect(refused.cause).toContain(`is at ${THIRD}, which is newer`);
    expect(refused.cause).toContain('add "force": true');
    expect((await current()).version).toBe(THIRD);
  });

  test("is done with it, and those who have the newer version get a patch back", async () => {
    const { result } = await promote({ cmd, version: SECOND, force: true });
    expect(result).toMatchObject({
      published: { changed: true, from: { [platform]: THIRD }, to: { [platform]: SECOND } },
      patches: [{ platform, from: THIRD, to: SECOND, outcome: "made" }],
    });
    expect(await updateFrom(THIRD)).toBe(SECOND);
  });

  test("is not undone by a release, which names what would", async () => {
    const refused = await release({ cmd, tag: `v${THIRD}`, platforms: [platform] });
    expect(refused).toMatchObject({ status: "FAILED", error: "PublishRefusedError" });
    expect(refused.cause).toContain(`was moved away from ${THIRD} to ${SECOND}`);
    expect(refused.cause).toContain(
      `start the promote machine with {"cmd":"${cmd}","version":"${THIRD}","force":true}`,
    );
  });
});

describe("a yank", () => {
  const YANK = { cmd, version: SECOND, yank: true, reason: "eats files" };

  test("takes the version away from everybody, and clients to the newest good one", async () => {
    const { status: ended, result, states } = await promote(YANK);
    expect(ended).toBe("SUCCEEDED");
    expect(states).toEqual(["Promote", "IsPromotion", "Withdraw", "IsRestored", "Bases", "Patch", "Done"]);
    expect(result).toMatchObject({
      published: { changed: true, from: { [platform]: SECOND }, to: { [platform]: FIRST } },
      // The binary, the patch from the first to it, and the one back from the third.
      withdrawn: { marked: 3, unmarked: 0, invalidated: 3 },
      patches: [{ platform, from: SECOND, to: FIRST, outcome: "made" }],
    });
    expect((await current()).version).toBe(FIRST);
    expect((await directory(`${cmd}/${SECOND}/${platform}.json`)).status).toBe(404);
    const redirect = await directory(`${cmd}.gz?platform=${platform}`);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([
      307,
      `${local.artifactsUrl}${gz(FIRST)}`,
    ]);
    const list = await (await directory("release.json")).text();
    expect(list).toContain(`"version":"${FIRST}","cmd":"${cmd}"`);
    expect(list).not.toContain(`"version":"${SECOND}","cmd":"${cmd}"`);
    expect(await status(gz(SECOND))).toBe(403);
    expect(await status(patchObjectKey({ cmd, from: FIRST, to: SECOND, platform }))).toBe(403);
  });

  test("lets those who have it move on by patch", async () => expect(await updateFrom(SECOND)).toBe(FIRST));

  test("keeps it from being released and promoted", async () => {
    for (const refused of [
      await release({ cmd, tag: `v${SECOND}`, platforms: [platform] }),
      await promote({ cmd, version: SECOND, force: true }),
    ]) {
      expect(refused).toMatchObject({ status: "FAILED", error: "YankedVersionError" });
      expect(refused.cause).toContain("eats files");
      expect(refused.cause).toContain(`{"cmd":"${cmd}","version":"${SECOND}","yank":false}`);
    }
  });

  test("a second time changes nothing", async () => {
    const before = await versionsOf(cmd);
    const { result } = await promote({ ...YANK, reason: "another" });
    expect(result).toMatchObject({ published: { changed: false }, withdrawn: { marked: 0 }, patches: [] });
    expect(await versionsOf(cmd)).toEqual(before);
    expect((await historyOf(table, cmd)).at(-1)?.yanked).toEqual({ version: SECOND, reason: "eats files" });
  });

  test("is undone without promoting anything", async () => {
    const { result, states } = await promote({ cmd, version: SECOND, yank: false });
    expect(states).toEqual(["Promote", "IsPromotion", "Withdraw", "IsRestored", "Restored", "Done"]);
    expect(result).toMatchObject({
      published: { changed: true, from: {}, to: {} },
      withdrawn: { marked: 0, unmarked: 3 },
      patches: [],
    });
    expect((await current()).version).toBe(FIRST);
    expect((await directory(`${cmd}/${SECOND}/${platform}.json`)).status).toBe(200);
    const answer = await fetch(`${local.artifactsUrl}${gz(SECOND)}`);
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).equals(binaries.get(SECOND) as Buffer)).toBe(
      true,
    );
    const { DeleteMarkers = [] } = await versionsOf(cmd);
    expect(DeleteMarkers).toEqual([]);
  });
});

test("two promotions side by side end at one of the two, and the history tells which came when", async () => {
  const before = (await historyOf(table, cmd)).length;
  const asked = [SECOND, THIRD];
  const ended = await Promise.all(asked.map((version) => promote({ cmd, version, force: true })));
  const changes = (await historyOf(table, cmd)).slice(before).map(({ to }) => to[platform]);
  const won = asked.filter((_, n) => ended[n]?.status === "SUCCEEDED");
  expect(changes.toSorted()).toEqual(won);
  expect((await current()).version).toBe(changes.at(-1));
  for (const { status, error, cause } of ended) {
    if (status === "SUCCEEDED") continue;
    expect(error).toBe("ConcurrentPublishError");
    expect(cause).toContain(`moved ${platform} from ${FIRST} to ${changes[0]}`);
  }
});

test("two releases of one tag side by side both succeed, and current changes once", async () => {
  repositoryOf(cmd).commitAndTag("Fourth", "v20260108");
  const before = (await historyOf(table, cmd)).length;
  const asked = { cmd, platforms: [platform] };
  const ended = await Promise.all([release(asked), release(asked)]);
  expect(ended.map(({ status, cause }) => [status, cause])).toEqual([
    ["SUCCEEDED", undefined],
    ["SUCCEEDED", undefined],
  ]);
  expect((await historyOf(table, cmd)).length).toBe(before + 1);
  const changed = ended.map(({ result: { published } }) => published !== false && published.changed);
  expect(changed.toSorted()).toEqual([false, true]);
});

/** Every version of every object that a command has, delete markers too. */
async function versionsOf(cmd: string) {
  const { Versions, DeleteMarkers } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: local.artifactsBucket, Prefix: `${cmd}/` }),
  );
  return { Versions, DeleteMarkers };
}
