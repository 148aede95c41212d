import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { PutObjectCommand } from "@aws-sdk/client-s3";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, beforeEach, expect, test, vi } from "vitest";
import { Failure, History, Outcome, Releases, Status } from "../../cli/shapes.ts";
import { type Artifact, artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { advance, type Current, getCurrent, historyOf, replaceCurrent } from "../../lambda/shared/current.ts";
import { artifactObjectKey, currentItemKey, historyItemKey } from "../../lambda/shared/keys.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import { hostPlatform } from "../../tools/install.ts";
import { Child, CODES, FLAGS, HERE, hkdist, hkdistJson, withoutCodes } from "./cli.ts";
import { PLATFORMS } from "./commands.ts";
import { directory, local, promote, s3, table } from "./setting.ts";

const cmd = "greet-changed";
/** All are stored and nothing is built. HALF is for this platform alone. */
const [FIRST, SECOND, THIRD, HALF] = ["20260101", "20260102", "20260103", "20260104"] as const;
const platform = hostPlatform();

const artifactsOf = async (version: string): Promise<Artifact[]> => [
  ...(await artifactsOfVersion(table, cmd, version)).values(),
];
const currentRow = () => getCurrent(table, cmd, { consistent: true });
const answered = async (one = platform) => {
  const answer = await directory(`${cmd}/current/${one}.json`);
  return answer.ok ? ((await answer.json()) as { version: string }).version : answer.status;
};
const everywhere = (from: string, to: string) =>
  PLATFORMS.toSorted().map((platform) => ({ platform, from, to }));

beforeAll(async () => {
  const bytes = randomBytes(20_000);
  for (const version of [FIRST, SECOND, THIRD, HALF]) {
    randomBytes(100).copy(bytes, 5000);
    const platforms = version === HALF ? [platform] : PLATFORMS;
    for (const one of platforms) {
      const Key = artifactObjectKey({ cmd, version, platform: one });
      const object = { Bucket: local.artifactsBucket, Key, Body: gzipSync(bytes), IfNoneMatch: "*" };
      await s3.send(new PutObjectCommand(object));
    }
    const isRecorded = async () => (await artifactsOf(version)).length === platforms.length;
    await vi.waitUntil(isRecorded, { timeout: 30_000, interval: 100 });
  }
});

/** FIRST and then SECOND were made current everywhere; nothing else has happened. */
beforeEach(async () => {
  const before = [currentItemKey(cmd)];
  for (const { revision } of await historyOf(table, cmd)) before.push(historyItemKey(cmd, revision));
  for (const Key of before) await table.documents.send(new DeleteCommand({ TableName: table.name, Key }));
  let current: Current | undefined;
  for (const version of [FIRST, SECOND]) {
    const about = { at: new Date().toISOString(), by: "somebody" };
    const { next, entry } = advance(cmd, current, await artifactsOf(version), about);
    expect(await replaceCurrent(table, next, entry)).toBe(true);
    current = next;
  }
});

/** Says what was current before and is now; the rows are the same. */
async function unchangedBy<T>(act: () => Promise<T>): Promise<T> {
  const rows = async () => [await currentRow(), await historyOf(table, cmd)];
  const before = await rows();
  const result = await act();
  expect(await rows()).toEqual(before);
  return result;
}

test("the state of a command is what its rows say", async () => {
  const { exit, json } = await hkdistJson(Status, "status", cmd);
  expect(exit).toBe(0);
  const newest = (await historyOf(table, cmd)).at(-1);
  const releases = await hkdistJson(Releases, "releases", cmd);
  expect(json).toMatchObject({ stack: "hkdist", region: local.region });
  expect(json.commands).toEqual([
    {
      ...{ cmd, configured: true, revision: 2, changedAt: newest?.at, changedBy: "somebody" },
      current: PLATFORMS.toSorted().map((platform) => ({ platform, version: SECOND })),
      releases: releases.json.releases,
    },
  ]);
  const { out } = await hkdist("status", cmd);
  expect(out).toContain(`  current   ${SECOND} on ${PLATFORMS.toSorted().join(", ")}\n`);
  expect(out).toContain(`  recorded  ${[HALF, THIRD, SECOND, FIRST].join(", ")}\n`);

  const all = await hkdistJson(Status, "status");
  expect(all.json.commands.map((one) => one.cmd)).toEqual(expect.arrayContaining([cmd, "greet", "age"]));
});

test("recorded versions are listed, newest first", async () => {
  const { exit, json } = await hkdistJson(Releases, "releases", cmd);
  const expected = await Promise.all(
    [HALF, THIRD, SECOND, FIRST].map(async (version) => {
      const rows = await artifactsOf(version);
      return {
        ...{ cmd, version, commit: null, tag: null, withdrawn: null },
        recordedAt: rows.map(({ recordedAt }) => recordedAt).toSorted()[0],
        platforms: rows.map(({ platform }) => platform).toSorted(),
        currentOn: version === SECOND ? PLATFORMS.toSorted() : [],
      };
    }),
  );
  expect([exit, json.releases]).toEqual([0, expected]);
  const { out } = await hkdist("releases", cmd, "--limit", "3");
  expect(out.split("\n").map((line) => line.trim().split(/\s+/)[0])).toEqual([
    ...[cmd, "version", HALF, THIRD, SECOND, ""],
  ]);
  expect(out).toMatch(new RegExp(`^ {2}${SECOND} .* current$`, "m"));
});

test("every change is listed, newest first", async () => {
  const { exit, json } = await hkdistJson(History, "history", cmd);
  const rows = await historyOf(table, cmd);
  expect([exit, json.cmd]).toEqual([0, cmd]);
  expect(json.changes).toEqual([
    { ...pick(rows[1]), moves: everywhere(FIRST, SECOND), withdrew: null, restored: null },
    {
      ...{ ...pick(rows[0]), withdrew: null, restored: null },
      moves: PLATFORMS.toSorted().map((platform) => ({ platform, from: null, to: FIRST })),
    },
  ]);
  const { out } = await hkdist("history", cmd, "--limit", "1");
  const line = new RegExp(`^ +2 {2}.* UTC {2}somebody {2}${FIRST} -> ${SECOND} on `);
  expect(out.split("\n")).toEqual([expect.stringMatching(/^revision/), expect.stringMatching(line), ""]);
});

const pick = ({ revision, at, by } = { revision: 0, at: "", by: "" }) => ({ revision, at, by });

test.each([
  ["promote", ["promote", cmd, THIRD]],
  ["roll back", ["rollback", cmd]],
  ["yank", ["yank", cmd, SECOND, "--reason", "eats files"]],
])("where nobody can be asked, to %s takes --yes", async (_, args) => {
  const { exit, out, err } = await unchangedBy(() => hkdist(...args));
  const next = new RegExp(
    `^error: Nothing was changed: nobody can be asked here.\nnext: {2}npx hkdist ${args[0]} .* --yes\n$`,
  );
  expect([exit, err]).toEqual([5, expect.stringMatching(next)]);
  expect(out).toContain(`${SECOND} -> `);
  const { exit: again, json } = await unchangedBy(() => hkdistJson(Failure, ...args));
  expect([again, json.error]).toMatchObject([
    5,
    { kind: "Declined", next: expect.stringMatching(/ --yes$/) },
  ]);
});

test.each([
  ["an older version", FIRST, "is at 20260102, which is newer. Nothing was changed."],
  ["half a version", HALF, `is not recorded on windows-amd64 (at ${SECOND})`],
])("to promote %s takes --force", async (_, version, words) => {
  const { exit, out, err } = await unchangedBy(() => hkdist("promote", cmd, version, "--yes"));
  expect([exit, out, err]).toEqual([1, "", expect.stringContaining(words)]);
  expect(err).toContain(`\nnext:  npx hkdist promote ${cmd} ${version} --force${FLAGS}\n`);
});

test.each([
  ["promote", ["promote", cmd, "20250101", "--yes"]],
  ["roll back to", ["rollback", cmd, "20250101", "--yes"]],
  ["yank", ["yank", cmd, "20250101", "--reason", "x", "--yes"]],
])("a version to %s that is not recorded is not found", async (_, args) => {
  const { exit, err } = await unchangedBy(() => hkdist(...args));
  expect([exit, err]).toEqual([3, expect.stringContaining(`\nnext:  npx hkdist releases ${cmd}${FLAGS}\n`)]);
});

test("a promotion shows what it changes, does it, and makes patches", async () => {
  const { exit, out } = await hkdist("promote", cmd, `v${THIRD}`, "--yes");
  expect(exit).toBe(0);
  expect(out.startsWith(`This will make ${cmd} ${THIRD} current:\n  ${SECOND} -> ${THIRD} on `)).toBe(true);
  const moved = `${SECOND} -> ${THIRD} on ${PLATFORMS.toSorted().join(", ")}`;
  expect(out.endsWith(`\n${cmd} ${THIRD} is current: ${moved}.\n`)).toBe(true);
  expect(await Promise.all(PLATFORMS.map(answered))).toEqual([THIRD, THIRD]);

  const again = await hkdistJson(Outcome, "promote", cmd, THIRD, "--yes");
  expect([again.exit, again.json]).toMatchObject([0, { status: "succeeded", current: "already", moves: [] }]);
});

test("a promotion as JSON has what it moved and the patches that it made", async () => {
  const { exit, json } = await hkdistJson(Outcome, "promote", cmd, FIRST, "--force", "--yes");
  expect([exit, json]).toMatchObject([
    0,
    {
      execution: { machine: "promote" },
      ...{ status: "succeeded", cmd, version: FIRST, current: "changed", moves: everywhere(SECOND, FIRST) },
    },
  ]);
  // Those that an earlier change made are not made again.
  const rows = (await patchesTo(table, cmd, FIRST)).filter(({ from }) => from === SECOND);
  expect(rows.map((row) => row.platform)).toEqual(PLATFORMS.toSorted());
  for (const { state, from, to, platform, size } of json.patches) {
    const row = await patchesTo(table, cmd, to).then((all) =>
      all.find((one) => one.from === from && one.platform === platform),
    );
    expect([state, row]).toEqual(["made", expect.objectContaining({ size })]);
  }
});

test("a rollback goes to the newest good version, or to the one that is named", async () => {
  const { exit, out } = await hkdist("rollback", cmd, "--yes");
  expect([exit, out]).toEqual([0, expect.stringContaining(`This will make ${cmd} ${FIRST} current:\n`)]);
  expect(await Promise.all(PLATFORMS.map(answered))).toEqual([FIRST, FIRST]);

  const none = await unchangedBy(() => hkdist("rollback", cmd, "--yes"));
  expect([none.exit, none.err]).toEqual([
    3,
    expect.stringContaining(`No good version of ${cmd} is left that is older than ${FIRST}.`),
  ]);
  await hkdist("promote", cmd, HALF, "--force", "--yes");
  const named = await hkdistJson(Outcome, "rollback", cmd, THIRD, "--yes");
  expect([named.exit, named.json.status]).toEqual([0, "succeeded"]);
  expect(await Promise.all(PLATFORMS.map(answered))).toEqual([THIRD, THIRD]);
  const forwards = await unchangedBy(() => hkdist("rollback", cmd, HALF, "--yes"));
  expect([forwards.exit, forwards.err]).toEqual([2, expect.stringContaining("that is no way back")]);
});

test("a yank takes the version from everybody, and its undoing gives it back without promoting it", async () => {
  const reason = "eats files";
  const yanked = await hkdist("yank", cmd, SECOND, "--reason", reason, "--yes");
  expect([yanked.exit, yanked.err]).toEqual([0, ""]);
  expect(yanked.out).toMatch(
    new RegExp(`^This will withdraw ${cmd} ${SECOND}: .*\n {2}${SECOND} -> ${FIRST} on `),
  );
  expect(await answered()).toBe(FIRST);
  const status = async () => (await directory(`${cmd}/${SECOND}/${platform}.json`)).status;
  expect(await status()).toBe(404);
  const { json } = await hkdistJson(Releases, "releases", cmd);
  const mark = (await currentRow())?.yanked?.[SECOND];
  expect(mark?.reason).toBe(reason);
  expect(json.releases.find(({ version }) => version === SECOND)?.withdrawn).toEqual(mark);
  expect((await hkdist("show", cmd, SECOND)).out).toContain(`UTC: ${reason}\n`);
  const refused = await hkdist("promote", cmd, SECOND, "--force", "--yes");
  expect([refused.exit, refused.err]).toEqual([
    1,
    expect.stringMatching(/ was withdrawn at \S+ by greet-changed-\S+: eats files\.\nnext: .* --undo /),
  ]);

  const undone = await hkdistJson(Outcome, "yank", cmd, SECOND, "--undo", "--yes");
  expect([undone.exit, undone.json]).toMatchObject([0, { status: "succeeded", moves: [] }]);
  expect([await answered(), await status()]).toEqual([FIRST, 200]);
  const { changes } = (await hkdistJson(History, "history", cmd, "--limit", "2")).json;
  expect(changes).toMatchObject([
    { restored: SECOND, moves: [] },
    { withdrew: { version: SECOND, reason }, moves: everywhere(SECOND, FIRST) },
  ]);
});

test("a yank without a reason, and one in a thousand bytes, are wrong", async () => {
  for (const [args, exit, words] of [
    [[], 2, "A withdrawal needs its reason"],
    [["--reason", "x".repeat(1000)], 2, "reason: must be one line of 1 to 500 bytes"],
    [["--reason", "x", "--undo"], 2, "--reason is for a withdrawal"],
  ] as const) {
    const ended = await unchangedBy(() => hkdist("yank", cmd, SECOND, ...args, "--yes"));
    expect([ended.exit, ended.err]).toEqual([exit, expect.stringContaining(words)]);
  }
});

test("the machine refuses a promotion at a revision that is no longer the newest", async () => {
  const refused = await unchangedBy(() => promote({ cmd, version: THIRD, revision: 1 }));
  expect(refused).toMatchObject({ status: "FAILED", error: "ConcurrentPublishError" });
  expect(refused.cause).toContain("somebody moved");
});

test("what changes while somebody thinks about the question is not overwritten", async () => {
  const terminal = Child.inTerminal(["promote", cmd, THIRD, ...HERE]);
  await terminal.until("(y/N)");
  await promote({ cmd, version: FIRST, force: true });
  terminal.type("y\r");
  const { exit, out } = await terminal.ended;
  expect([exit, out]).toEqual([1, expect.stringContaining(`ConcurrentPublishError`)]);
  expect(out).toContain(`next:  npx hkdist status ${cmd}${FLAGS}`);
  expect(await answered()).toBe(FIRST);
});

test.each([
  ["n", "n\r"],
  ["Ctrl-C", "\x03"],
])("in a terminal, a rollback answered with %s changes nothing", async (_, typed) => {
  const { exit, out } = await unchangedBy(async () => {
    const terminal = Child.inTerminal(["rollback", cmd, ...HERE], { NO_COLOR: "1" });
    await terminal.until("(y/N)");
    terminal.type(typed);
    return terminal.ended;
  });
  expect([exit, out]).toEqual([5, expect.stringContaining("error: Nothing was changed.")]);
  expect(out).toContain(`${SECOND} -> ${FIRST} on `);
  expect(out).not.toMatch(CODES);
});

test("in a terminal, a yank asks for the reason and whether it is meant, and draws how it goes", async () => {
  const terminal = Child.inTerminal(["yank", cmd, SECOND, ...HERE]);
  await terminal.until("Why is it withdrawn");
  terminal.type("eats files\r");
  await terminal.until("(y/N)");
  terminal.type("y\r");
  const { exit, out } = await terminal.ended;
  expect([exit, out]).toEqual([0, expect.stringMatching(CODES)]);
  expect(withoutCodes(out)).toContain(`Withdrawal of ${cmd} ${SECOND}: succeeded`);
  expect((await currentRow())?.yanked?.[SECOND]?.reason).toBe("eats files");
  expect((await hkdist("yank", cmd, SECOND, "--undo", "--yes")).exit).toBe(0);
});
