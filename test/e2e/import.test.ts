import { execFile, execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { GetObjectCommand, HeadObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { clientEnvironment } from "../../local/local-aws.ts";
import { root } from "../../tools/checkout.ts";
import { hostPlatform } from "../../tools/install.ts";
import { verifyRelease } from "../../verify/verify-release.ts";
import { oldServer } from "../import/old-server.ts";
import { directory, local, release, repositoryOf, s3, table } from "./setting.ts";

const CMD = "greet-imported";
const PLATFORM = hostPlatform();
const OLD = `${CMD}/20140509/${PLATFORM}.gz`;
const OLDER = `${CMD}/20140508/${PLATFORM}.gz`;

const folder = mkdtempSync(join(tmpdir(), "hkdist-import-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What an old tool had built and packed: another version of the same program. */
function built(version: string): Buffer {
  const file = join(folder, version);
  const flags = ["-trimpath", "-ldflags", `-s -w -X main.version=${version}`];
  execFileSync("go", ["build", ...flags, "-o", file, "."], {
    cwd: repositoryOf(CMD).folder,
    env: { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false" },
    stdio: "pipe",
  });
  return gzipSync(readFileSync(file));
}

/** Runs the tool as people do; answers its exit status and its lines. */
async function run(...args: string[]) {
  const tool = [join(root, "bin", "run.mjs"), join(root, "import", "main.ts"), ...args];
  const bucket = ["--bucket", local.artifactsBucket];
  const lines = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
    `${stdout}${stderr}`.trimEnd().split("\n");
  return promisify(execFile)(process.execPath, [...tool, ...bucket], { env: clientEnvironment(local) }).then(
    (ended) => ({ status: 0, lines: lines(ended) }),
    (error) => ({ status: error.code, lines: lines(error) }),
  );
}

const recorded = (version: string) =>
  vi.waitUntil(() => getArtifact(table, { cmd: CMD, version, platform: PLATFORM }), { timeout: 60_000 });

let old: Buffer;
beforeAll(() => {
  old = built("20140509");
});

test("takes an old public bucket over: what clients could install, and no more", async () => {
  const server = await oldServer([
    { key: OLD, body: old, headers: { "content-encoding": "gzip" } },
    { key: `${CMD}/20140509/windows-386.gz`, body: old.subarray(0, -9) },
    { key: `${CMD}/20140508/20140509/${PLATFORM}`, body: Buffer.from("BSDIFF40") },
    { key: `hk/20140509/${PLATFORM}.gz`, body: old },
  ]);
  try {
    const first = await run("--from", server.url, "--cmd", CMD);
    expect(first).toEqual({
      status: 1,
      lines: expect.arrayContaining([
        expect.stringMatching(new RegExp(`^${OLD} stored: [\\d,]+ bytes, SHA-256 \\S{44}$`)),
        expect.stringContaining(`${CMD}/20140509/windows-386.gz is not imported`),
        `${CMD}/20140508/20140509/${PLATFORM} skipped: a patch: releases here make their own`,
        `hk/20140509/${PLATFORM}.gz skipped: not a version of ${CMD}`,
        "1 imported, 2 skipped, 1 failed",
      ]),
    });
    expect((await run("--from", server.url, "--cmd", CMD)).lines[0]).toContain(`${OLD} was there already`);
  } finally {
    server.close();
  }
  const about = { Bucket: local.artifactsBucket, Key: OLD };
  expect((await s3.send(new HeadObjectCommand(about))).ContentEncoding).toBeUndefined();
  const { Body } = await s3.send(new GetObjectCommand(about));
  expect(Buffer.from((await Body?.transformToByteArray()) ?? [])).toEqual(old);
});

test("takes one file over, and never another one under its name", async () => {
  const file = join(folder, "older.gz");
  writeFileSync(file, built("20140508"));
  expect(await run(CMD, "20140508", PLATFORM, file)).toMatchObject({ status: 0 });
  writeFileSync(file, old);
  expect(await run(CMD, "20140508", PLATFORM, file)).toEqual({
    status: 1,
    lines: [expect.stringContaining(`${OLDER} is not imported: other bytes`)],
  });
  expect(await run(CMD, "v20140508", PLATFORM, file)).toMatchObject({ status: 2 });
});

test("what was imported is recorded, installs by its version, and later releases make patches from it", async () => {
  const artifact = await recorded("20140509");
  await recorded("20140508");
  expect(artifact).toMatchObject({ key: OLD, gzSize: old.length });
  expect(artifact).not.toHaveProperty("commit");
  const told = await directory(OLD.replace(/\.gz$/, ".json"));
  expect(await told.json()).toEqual({ sha256: artifact.sha256 });
  expect((await directory(`${CMD}/current/${PLATFORM}.json`)).status).toBe(404);
  // Nobody here built it, so nothing tells how.
  const unknown: string[] = [];
  const trust = { onlyArchive: false, ignoreTag: false, runHook: false, hook: undefined };
  const options = { cmd: CMD, version: "20140509", deployment: local, s3, platforms: [], log: () => {} };
  const say = (line: string) => unknown.push(line);
  expect(await verifyRelease({ ...options, ...trust, bucket: undefined, repository: undefined, say })).toBe(
    false,
  );
  expect(unknown).toEqual([expect.stringContaining(`${PLATFORM}  UNKNOWN`)]);

  repositoryOf(CMD).commitAndTag("The first release here", "v20260105");
  const { status, result } = await release({ cmd: CMD, platforms: [PLATFORM] });
  expect(status).toBe("SUCCEEDED");
  expect(result.patches.map(({ from, outcome }) => [from, outcome])).toEqual([
    ["20140509", "made"],
    ["20140508", "made"],
  ]);
});
