import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DescribeExecutionCommand, ListExecutionsCommand } from "@aws-sdk/client-sfn";
import { beforeAll, expect, test } from "vitest";
import { Outcome, Show } from "../../cli/shapes.ts";
import { artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { getCurrent } from "../../lambda/shared/current.ts";
import { patchObjectKey, provenanceObjectKey } from "../../lambda/shared/keys.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import { getSource } from "../../lambda/shared/sources.ts";
import { hostPlatform } from "../../tools/install.ts";
import { CLOCK, ensureReleased, FLAGS, hkdist, hkdistJson, OPERATED, RELEASED } from "./cli.ts";
import { PLATFORMS } from "./commands.ts";
import { directory, local, repositoryOf, steps, table } from "./setting.ts";

const cmd = OPERATED;
const [PUBLISHED, CANDIDATE, BROKEN] = ["20260201", "20260202", "20260203"];
const platform = hostPlatform();
const repository = repositoryOf(cmd);

const artifactsOf = async (version: string) => [...(await artifactsOfVersion(table, cmd, version)).values()];
const grouped = (number: number) => number.toLocaleString("en");

beforeAll(() => ensureReleased());

test("a release is told in lines to its end, which says what is current", async () => {
  repository.commitAndTag("To be published", `v${PUBLISHED}`);
  const { exit, out, err } = await hkdist("release", cmd, "--tag", `v${PUBLISHED}`);
  expect([exit, err]).toEqual([0, ""]);

  expect(out).not.toContain("\x1b");
  const told = out.replaceAll(CLOCK, "").split("\n");
  expect(told[0]).toMatch(new RegExp(`^${cmd}-\\d{8}T\\d{6}Z-[0-9a-f]{8}$`));
  for (const step of ["request", "source", "plan", "build", "pair", "describe", "patch", "publish"]) {
    expect(told.filter((line) => line.startsWith(`${step} done`))).toHaveLength(1);
  }
  const rows = await artifactsOf(PUBLISHED);
  expect(rows.map((row) => row.platform).toSorted()).toEqual(PLATFORMS.toSorted());
  for (const { platform, size, gzSize } of rows) {
    expect(told).toContainEqual(expect.stringMatching(`  ${platform} recorded \\(compiled in \\d+ s, `));
    expect(out).toContain(`, ${grouped(size)} B, download ${grouped(gzSize)} B)\n`);
  }
  const [patch] = await patchesTo(table, cmd, PUBLISHED);
  const size = patch !== undefined && "size" in patch ? patch.size : 0;
  expect(out).toContain(`  patch ${RELEASED} -> ${PUBLISHED} ${platform} made (${grouped(size)} B, `);
  expect(
    out.endsWith(`\n${cmd} ${PUBLISHED} was made current on 2 platforms:\n${local.directoryUrl}${cmd}\n`),
  ).toBe(true);
  const current = await directory(`${cmd}/current/${platform}.json`);
  expect(await current.json()).toMatchObject({ version: PUBLISHED });

  const again = await hkdist("release", cmd, "--tag", `v${PUBLISHED}`);
  expect([again.exit, again.out]).toEqual([
    0,
    expect.stringContaining(`\n${cmd} ${PUBLISHED} was current already.\n`),
  ]);
});

test("a candidate as JSON has the numbers that are recorded, and is not current", async () => {
  const before = await getCurrent(table, cmd, { consistent: true });
  repository.commitAndTag("A candidate", `v${CANDIDATE}`);
  const asked = ["release", cmd, "--tag", `v${CANDIDATE}`, "--platforms", platform, "--no-publish"];
  const { exit, json } = await hkdistJson(Outcome, ...asked);
  expect(exit).toBe(0);

  const execution = await steps.send(new DescribeExecutionCommand({ executionArn: json.execution.arn }));
  expect(json).toMatchObject({
    execution: { name: execution.name, machine: "release" },
    ...{ status: "succeeded", cmd, version: CANDIDATE, current: "unasked", moves: [], log: [], error: null },
    startedAt: execution.startDate?.toISOString(),
    endedAt: execution.stopDate?.toISOString(),
  });
  expect(JSON.parse(execution.input ?? "")).toEqual({
    ...{ cmd, tag: `v${CANDIDATE}`, platforms: [platform], publish: false },
  });
  expect(Object.fromEntries(json.steps.map(({ name, state }) => [name, state]))).toEqual({
    ...{ request: "done", source: "done", plan: "done", build: "done", pair: "done" },
    ...{ describe: "done", patch: "done", publish: "skipped" },
  });
  const [row] = await artifactsOf(CANDIDATE);
  expect(json.platforms).toEqual([
    {
      ...{ platform, state: "recorded", size: row?.size, gzSize: row?.gzSize },
      compileSeconds: expect.any(Number),
    },
  ]);
  const patches = await patchesTo(table, cmd, CANDIDATE);
  expect(patches.map(({ from }) => from)).toContain(RELEASED);
  const byBase = (a: { from: string }, b: { from: string }) => (a.from < b.from ? -1 : 1);
  expect(json.patches.toSorted(byBase)).toEqual(
    patches.toSorted(byBase).map((patch) => ({
      ...{ platform, from: patch.from, to: CANDIDATE, state: "made", reason: null },
      ...("size" in patch && { size: patch.size, seconds: (patch.milliseconds ?? 0) / 1000 }),
    })),
  );
  expect(await getCurrent(table, cmd, { consistent: true })).toEqual(before);

  const again = await hkdist(...asked);
  expect([again.exit, again.out]).toEqual([
    0,
    expect.stringContaining(
      `\n${cmd} ${CANDIDATE} is recorded, and not current.\nnext:  npx hkdist promote ${cmd} ${CANDIDATE}${FLAGS}\n`,
    ),
  ]);
});

test("a version is shown with all that is recorded of it", async () => {
  const { exit, json } = await hkdistJson(Show, "show", cmd, `v${RELEASED}`);
  expect(exit).toBe(0);
  const [row] = await artifactsOf(RELEASED);
  const source = await getSource(table, cmd, RELEASED);
  const patches = await patchesTo(table, cmd, RELEASED);
  const current = await getCurrent(table, cmd, { consistent: true });
  expect(json).toEqual({
    ...{ cmd, version: RELEASED, withdrawn: null, signer: null },
    ...{ tag: `v${RELEASED}`, commit: repository.git("rev-parse", `v${RELEASED}^{commit}`) },
    ...{ tagDate: source?.tagDate, goVersion: source?.goVersion },
    artifacts: [
      {
        ...{ platform, size: row?.size, gzSize: row?.gzSize, sha256: row?.sha256 },
        ...{ recordedAt: row?.recordedAt, url: `${local.artifactsUrl}${row?.key}`, described: true },
        current: current?.platforms[platform]?.version === RELEASED,
      },
    ],
    patches: patches.map((patch) => ({
      ...{ platform, from: patch.from, none: null, url: local.artifactsUrl + patchObjectKey(patch) },
      ...("size" in patch && { size: patch.size, seconds: (patch.milliseconds ?? 0) / 1000 }),
    })),
    provenance: local.artifactsUrl + provenanceObjectKey(cmd, RELEASED),
  });
  for (const url of [json.provenance ?? "", json.artifacts[0]?.url ?? ""]) {
    expect([url, (await fetch(url)).status]).toEqual([url, 200]);
  }
  const { out } = await hkdist("show", cmd, RELEASED);
  const facts = [`v${RELEASED}, `, json.commit ?? "", row?.sha256 ?? "", `${grouped(row?.gzSize ?? 0)} B`];
  for (const fact of facts) expect(out).toContain(fact);
});

test.each([
  ["a command that is none", 3, ["nope"], "No command nope is configured in stack hkdist; there is greet, "],
  ["a tag that is none", 2, [cmd, "--tag", "v20260231"], "tag: must be v and a date that exists"],
  [
    "a platform that is not configured",
    2,
    [cmd, "--platforms", `${platform},plan9-arm`],
    'platforms: "plan9-arm" not configured; the command\'s platforms are ',
  ],
])("%s is told before anything is started", async (_, code, args, words) => {
  const newest = async () => {
    const list = { stateMachineArn: local.releaseMachineArn, maxResults: 1 };
    return (await steps.send(new ListExecutionsCommand(list))).executions?.[0]?.name;
  };
  const before = await newest();
  const { exit, out, err } = await hkdist("release", ...args);
  expect([exit, out, err]).toEqual([
    code,
    "",
    expect.stringMatching(/^error: .*\nnext: {2}npx hkdist .*\n$/),
  ]);
  expect(err).toContain(words);
  expect(await newest()).toBe(before);
});

test("a build that is left alone and fails shows the compiler's words to who comes back", async () => {
  const file = join(repository.folder, "broken_windows.go");
  try {
    writeFileSync(file, "package main\n\nvar _ = nothing\n");
    repository.commitAndTag("Broken on Windows", `v${BROKEN}`);
  } finally {
    rmSync(file);
    repository.commit("Mended");
  }
  const started = await hkdist("release", cmd, "--tag", `v${BROKEN}`, "--detach");
  const [, name = ""] = /^Started (\S+)\.\n/.exec(started.out) ?? [];
  expect(started).toEqual({
    exit: 0,
    out: `Started ${name}.\nnext:  npx hkdist watch ${name}${FLAGS}\n`,
    err: "",
  });

  const { exit, out } = await hkdist("watch", name);
  expect(exit).toBe(1);
  expect(out).toMatch(/^\S+ build failed \(.*, 1 of 2 platforms, 1 failed\)$/m);
  expect(out).toContain(
    "\nwindows-amd64:\n  # example.com/tool\n  ./broken_windows.go:3:9: undefined: nothing\n\n" +
      "BuildFailedError: 1 platform did not compile; the others are kept.\n\n" +
      `Mend it, tag a new version, push the tag.\nnext:  npx hkdist release ${cmd}${FLAGS}\n`,
  );

  const { exit: again, json } = await hkdistJson(Outcome, "watch", name);
  expect(again).toBe(1);
  expect(json).toMatchObject({
    ...{ status: "failed", version: BROKEN, current: null },
    error: { name: "BuildFailedError", cause: expect.stringContaining("undefined: nothing") },
    log: [
      {
        title: "windows-amd64",
        lines: ["# example.com/tool", "./broken_windows.go:3:9: undefined: nothing"],
      },
    ],
  });
  const [built] = await artifactsOf(BROKEN);
  expect(json.platforms).toMatchObject([
    { platform, state: "recorded", size: built?.size, gzSize: built?.gzSize },
    { platform: "windows-amd64", state: "failed", size: null, gzSize: null },
  ]);
});
