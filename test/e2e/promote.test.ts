import { createHash, randomBytes } from "node:crypto";
import { gunzipSync, gzipSync } from "node:zlib";
import { ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { audit } from "../../audit/audit.ts";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { historyOf } from "../../lambda/shared/current.ts";
import { artifactObjectKey, patchObjectKey } from "../../lambda/shared/keys.ts";
import { hostPlatform } from "../../tools/install.ts";
import { Mailbox } from "./mailbox.ts";
import { applyPatch, BSDIFF4 } from "./readers.ts";
import { directory, local, promote, release, repositoryOf, s3, table } from "./setting.ts";

const cmd = "greet-promoted";
const platform = hostPlatform();
/** One version is released; the others are imported, almost the same bytes, for a build takes longer than all of this. */
const [OLD, RELEASED, NEXT, LAST] = ["20260104", "20260105", "20260106", "20260107"] as const;
const binaries = new Map<string, Buffer>();

const status = async (key: string) => (await fetch(`${local.artifactsUrl}${key}`)).status;
const gz = (version: string) => artifactObjectKey({ cmd, version, platform });
const current = async () =>
  (await (await directory(`${cmd}/current/${platform}.json`)).json()) as { version: string; sha256: string };

/** What a client does that has a version: it asks what is current and applies the patch to it. */
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

/** Stores a version that differs in some bytes from the released one, and waits until it is recorded. */
async function store(version: string): Promise<void> {
  const binary = Buffer.from(binaries.get(RELEASED) ?? Buffer.alloc(0));
  randomBytes(100).copy(binary, 5000);
  binaries.set(version, binary);
  const object = {
    Bucket: local.artifactsBucket,
    Key: gz(version),
    Body: gzipSync(binary),
    IfNoneMatch: "*",
  };
  await s3.send(new PutObjectCommand(object));
  await vi.waitUntil(() => getArtifact(table, { cmd, version, platform }), {
    timeout: 30_000,
    interval: 100,
  });
}

let alertsMailbox: Mailbox;
let releasesMailbox: Mailbox;

afterAll(async () => {
  await alertsMailbox.leave();
  await releasesMailbox.leave();
});

beforeAll(async () => {
  alertsMailbox = await Mailbox.subscribe(local.alertsTopicArn);
  releasesMailbox = await Mailbox.subscribe(local.releasesTopicArn);
  repositoryOf(cmd).commitAndTag("Released", `v${RELEASED}`);
  expect(await release({ cmd, platforms: [platform], publish: false })).toMatchObject({
    status: "SUCCEEDED",
  });
  const answer = await fetch(`${local.artifactsUrl}${gz(RELEASED)}`);
  binaries.set(RELEASED, gunzipSync(Buffer.from(await answer.arrayBuffer())));
  await Promise.all([store(OLD), store(NEXT)]);
});

test("two releases of one tag side by side both succeed, and current changes once", async () => {
  const asked = { cmd, tag: `v${RELEASED}`, platforms: [platform] };
  const ended = await Promise.all([release(asked), release(asked)]);
  expect(ended.map(({ status, cause }) => [status, cause])).toEqual([
    ["SUCCEEDED", undefined],
    ["SUCCEEDED", undefined],
  ]);
  expect(await historyOf(table, cmd)).toHaveLength(1);
  const changed = ended.map(({ result: { published } }) => published !== false && published.changed);
  expect(changed.toSorted()).toEqual([false, true]);
});

test("a wrong input changes nothing and says what is right", async () => {
  const refused = await promote({ cmd, version: `v${OLD}`, yank: true });
  expect(refused).toMatchObject({ status: "FAILED", error: "InvalidPromoteRequestError" });
  expect(refused.cause).toMatch(
    /^version: must be a version .*; reason: missing; .*The shortest right input is {/,
  );
  expect(refused.states).toEqual(["Promote", "Failed"]);
});

test("a version that was recorded and never published is promoted without a build", async () => {
  const { status, result, states } = await promote({ cmd, version: NEXT });
  expect(status).toBe("SUCCEEDED");
  expect(result).toMatchObject({
    published: { revision: 2, changed: true, from: { [platform]: RELEASED }, to: { [platform]: NEXT } },
    withdrawn: false,
    patches: [
      { platform, from: RELEASED, to: NEXT, outcome: "made" },
      { platform, from: OLD, to: NEXT, outcome: "made" },
    ],
  });
  expect(states).toEqual(["Promote", "IsPromotion", "Bases", "Patch", "Done"]);
  expect(await updateFrom(RELEASED)).toBe(NEXT);
});

describe("going back", () => {
  test("takes a word", async () => {
    const refused = await promote({ cmd, version: OLD });
    expect(refused).toMatchObject({ status: "FAILED", error: "PromoteRefusedError" });
    expect(refused.cause).toContain(`is at ${NEXT}, which is newer`);
    expect(refused.cause).toContain('add "force": true');
    expect((await current()).version).toBe(NEXT);
  });

  test("is done with it, and those who have the newer version get a patch back", async () => {
    const { result } = await promote({ cmd, version: OLD, force: true });
    expect(result).toMatchObject({
      published: { changed: true, from: { [platform]: NEXT }, to: { [platform]: OLD } },
      patches: [
        { platform, from: NEXT, to: OLD, outcome: "made" },
        { platform, from: RELEASED, to: OLD, outcome: "made" },
      ],
    });
    expect(await updateFrom(NEXT)).toBe(OLD);
  });

  test("is not undone by a release, which names what would", async () => {
    const refused = await release({ cmd, tag: `v${RELEASED}`, platforms: [platform] });
    expect(refused).toMatchObject({ status: "FAILED", error: "PublishRefusedError" });
    expect(refused.cause).toContain(`was moved away from ${RELEASED} to ${NEXT}`);
    expect(refused.cause).toContain(
      `start the promote machine with {"cmd":"${cmd}","version":"${RELEASED}","force":true}`,
    );
    expect((await current()).version).toBe(OLD);
  });
});

describe("a yank", () => {
  const YANK = { cmd, version: LAST, yank: true, reason: "eats files" };
  let alertsMailbox: Mailbox;
  let releasesMailbox: Mailbox;

  afterAll(async () => {
    await alertsMailbox.leave();
    await releasesMailbox.leave();
  });

  beforeAll(async () => {
    alertsMailbox = await Mailbox.subscribe(local.alertsTopicArn);
    releasesMailbox = await Mailbox.subscribe(local.releasesTopicArn);
    await store(LAST);
    expect(await promote({ cmd, version: LAST })).toMatchObject({ status: "SUCCEEDED" });
    expect(await updateFrom(OLD)).toBe(LAST);
  });

  test("takes the version away from everybody, and clients to the newest good one", async () => {
    const { status: ended, result, states } = await promote(YANK);
    expect(ended).toBe("SUCCEEDED");
    expect(states).toEqual(["Promote", "IsPromotion", "Withdraw", "IsRestored", "Bases", "Patch", "Done"]);
    expect(result).toMatchObject({
      // Not the one that was rolled back.
      published: { changed: true, from: { [platform]: LAST }, to: { [platform]: RELEASED } },
      // The binary, and the patches from the three others.
      withdrawn: { marked: 4, unmarked: 0, invalidated: 4 },
      patches: [{ platform, from: LAST, to: RELEASED, outcome: "made" }],
    });
    expect((await current()).version).toBe(RELEASED);
    expect((await directory(`${cmd}/${LAST}/${platform}.json`)).status).toBe(404);
    const redirect = await directory(`${cmd}.gz?platform=${platform}`);
    expect([redirect.status, redirect.headers.get("location")]).toEqual([
      307,
      `${local.artifactsUrl}${gz(RELEASED)}`,
    ]);
    const list = await (await directory("release.json")).text();
    expect(list).toContain(`"version":"${RELEASED}","cmd":"${cmd}"`);
    expect(list).not.toContain(`"version":"${LAST}","cmd":"${cmd}"`);
    expect(await status(gz(LAST))).toBe(403);
    expect(await status(patchObjectKey({ cmd, from: OLD, to: LAST, platform }))).toBe(403);
  });

  test("lets those who have it move on by patch", async () => expect(await updateFrom(LAST)).toBe(RELEASED));

  test("keeps it from being released and promoted", async () => {
    for (const refused of [
      await release({ cmd, tag: `v${LAST}`, platforms: [platform] }),
      await promote({ cmd, version: LAST, force: true }),
    ]) {
      expect(refused).toMatchObject({ status: "FAILED", error: "YankedVersionError" });
      expect(refused.cause).toContain("eats files");
      expect(refused.cause).toContain(`{"cmd":"${cmd}","version":"${LAST}","yank":false}`);
    }
  });

  test("a second time changes nothing", async () => {
    const before = await versionsOf(cmd);
    const { result } = await promote({ ...YANK, reason: "another" });
    expect(result).toMatchObject({ published: { changed: false }, withdrawn: { marked: 0 }, patches: [] });
    expect(await versionsOf(cmd)).toEqual(before);
    expect((await historyOf(table, cmd)).at(-1)?.yanked).toEqual({ version: LAST, reason: "eats files" });
    expect(await breaches()).toEqual([]);
  });

  test("is undone without promoting anything", async () => {
    const { result, states } = await promote({ cmd, version: LAST, yank: false });
    expect(states).toEqual(["Promote", "IsPromotion", "Withdraw", "IsRestored", "Restored", "Done"]);
    expect(result).toMatchObject({
      published: { changed: true, from: {}, to: {} },
      withdrawn: { marked: 0, unmarked: 4 },
      patches: [],
    });
    expect((await current()).version).toBe(RELEASED);
    expect((await directory(`${cmd}/${LAST}/${platform}.json`)).status).toBe(200);
    const answer = await fetch(`${local.artifactsUrl}${gz(LAST)}`);
    expect(gunzipSync(Buffer.from(await answer.arrayBuffer())).equals(binaries.get(LAST) as Buffer)).toBe(
      true,
    );
    expect((await versionsOf(cmd)).DeleteMarkers ?? []).toEqual([]);
  });
});

test("two promotions side by side end at one of the two, and the history tells which came when", async () => {
  const before = (await historyOf(table, cmd)).length;
  const asked = [OLD, NEXT];
  const ended = await Promise.all(asked.map((version) => promote({ cmd, version, force: true })));
  const changes = (await historyOf(table, cmd)).slice(before).map(({ to }) => to[platform]);
  const won = asked.filter((_, n) => ended[n]?.status === "SUCCEEDED");
  expect(changes.toSorted()).toEqual(won);
  expect((await current()).version).toBe(changes.at(-1));
  for (const { status, error, cause } of ended) {
    if (status === "SUCCEEDED") continue;
    expect(error).toBe("ConcurrentPublishError");
    expect(cause).toContain(`moved ${platform} from ${RELEASED} to ${changes[0]}`);
  }
});

describe("people are told", () => {
  const subjects = async (mailbox: Mailbox) =>
    (await mailbox.mails()).map(({ Subject }) => Subject).filter((subject) => subject.includes(cmd));

  test("of what was done", async () => {
    await vi.waitFor(
      async () =>
        expect(await subjects(releasesMailbox)).toEqual(
          expect.arrayContaining([
            `${cmd} ${RELEASED} is built, and not current`,
            `${cmd} ${RELEASED} is released`,
            `${cmd} ${OLD} is current`,
            `${cmd} ${LAST} is withdrawn`,
            `${cmd} ${LAST} is no longer withdrawn`,
          ]),
        ),
      { timeout: 20_000 },
    );
    const [first] = await releasesMailbox.mails();
    expect(first?.Message).toContain(`Platforms: ${platform}\n`);
  });

  test("of what failed, with its cause", async () => {
    await vi.waitFor(
      async () =>
        expect(await subjects(alertsMailbox)).toEqual(
          expect.arrayContaining([
            `The promotion of ${cmd} ${OLD} failed: PromoteRefusedError`,
            `The release of ${cmd} ${RELEASED} failed: PublishRefusedError`,
            `The release of ${cmd} ${LAST} failed: YankedVersionError`,
          ]),
        ),
      { timeout: 20_000 },
    );
    const mails = await alertsMailbox.mails();
    const refused = mails.find(({ Subject }) => Subject.includes(`${LAST} failed: YankedVersionError`));
    expect(refused?.Message).toMatch(/YankedVersionError: .*was withdrawn/);
  });
});

test("an audit finds everything in order", async () => expect(await breaches()).toEqual([]));

/** What an audit of the command's rows and objects finds, which unpacks and patches everything again. */
async function breaches() {
  const store = { table, s3, bucket: local.artifactsBucket };
  return (await audit(store, { cmd, deep: true, settleSeconds: 0 })).breaches;
}

/** Every version of every object that a command has, delete markers too. */
async function versionsOf(cmd: string) {
  const { Versions, DeleteMarkers } = await s3.send(
    new ListObjectVersionsCommand({ Bucket: local.artifactsBucket, Prefix: `${cmd}/` }),
  );
  return { Versions, DeleteMarkers };
}
