import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { DeleteObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { patchObjectKey } from "../../lambda/shared/keys.ts";
import { hostPlatform, install } from "../../tools/install.ts";
import { directory, local, release, repositoryOf, s3 } from "./setting.ts";

// The name that greet asks for.
const CMD = "greet";
const [OLD, NEW] = ["20260105", "20260106"];
const PLATFORM = hostPlatform();
const PATCH = {
  Bucket: local.artifactsBucket,
  Key: patchObjectKey({ cmd: CMD, from: OLD, to: NEW, platform: PLATFORM }),
};

const folder = mkdtempSync(join(tmpdir(), "hkdist-update-"));
const installed = join(folder, "installed");
let newSha256: string | undefined;
let patch: Buffer;

afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  repositoryOf(CMD).commitAndTag("Old", `v${OLD}`);
  expect((await release({ cmd: CMD })).status).toBe("SUCCEEDED");
  await install(local.directoryUrl, CMD, installed);
  repositoryOf(CMD).commitAndTag("New", `v${NEW}`);
  const second = await release({ cmd: CMD });
  expect(second.status).toBe("SUCCEEDED");
  newSha256 = second.result.artifacts.find(({ platform }) => platform === PLATFORM)?.sha256;
  patch = Buffer.from(await (await fetch(`${local.artifactsUrl}${PATCH.Key}`)).arrayBuffer());
});

/** Updates a fresh copy of the old installation; returns what it printed and the SHA-256 of what it is then. */
async function update(name: string): Promise<{ output: string; sha256: string }> {
  const copy = join(folder, name);
  copyFileSync(installed, copy);
  const { stdout } = await promisify(execFile)(copy, ["update"], {
    env: { HOME: folder, GREET_NO_UPDATE: "1" },
  });
  return { output: stdout, sha256: sha256Of(readFileSync(copy)) };
}

const sha256Of = (bytes: Buffer) => createHash("sha256").update(bytes).digest("base64");

/** What the CDN hands out for the patch; the test's own rights are all there are. */
async function servePatch(bytes: Buffer | undefined): Promise<void> {
  await s3.send(new DeleteObjectCommand(PATCH));
  if (bytes) await s3.send(new PutObjectCommand({ ...PATCH, Body: bytes, IfNoneMatch: "*" }));
}

test("an installed binary updates itself by patch", async () => {
  const { output, sha256 } = await update("by-patch");
  expect(output).toContain(`patched ${patch.length} bytes`);
  expect(output).toContain(`now at version ${NEW}`);
  expect(sha256).toBe(newSha256);
});

test.each([
  ["is missing", () => undefined],
  ["is cut short", () => patch.subarray(0, patch.length / 2)],
  ["claims 2^60 bytes", () => claiming(patch, 2n ** 60n)],
  ["is for something else", () => Buffer.from("<html>Bad gateway</html>")],
])("a patch that %s is replaced by the full download", async (name, damaged) => {
  try {
    await servePatch(damaged());
    const { output, sha256 } = await update(name.replaceAll(/\W/g, "-"));
    expect(output).toContain("downloaded ");
    expect(output).toContain(`now at version ${NEW}`);
    expect(sha256).toBe(newSha256);
  } finally {
    await servePatch(patch);
  }
});

/** The new size is the last of the three lengths in the 32 bytes of a BSDIFF40 header. */
function claiming(bytes: Buffer, size: bigint): Buffer {
  const claim = Buffer.from(bytes);
  claim.writeBigInt64LE(size, 24);
  return claim;
}

test("an old client that knows only current and the full binary gets the new version", async () => {
  const current = (await (await directory(`${CMD}/current/${PLATFORM}.json`)).json()) as {
    version: string;
    sha256: string;
  };
  expect(current.version).toBe(NEW);
  const full = await fetch(`${local.artifactsUrl}${CMD}/${current.version}/${PLATFORM}.gz`);
  expect(sha256Of(gunzipSync(Buffer.from(await full.arrayBuffer())))).toBe(current.sha256);
});
