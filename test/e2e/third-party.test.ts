import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { patchObjectKey } from "../../lambda/shared/keys.ts";
import { hostPlatform } from "../../tools/install.ts";
import { applyPatch, READERS } from "./readers.ts";
import { local, type Release, release, repositoryOf } from "./setting.ts";

const PLATFORM = hostPlatform();
test("a third-party CLI is released twice, and independent readers apply its patch", async () => {
  const first = await releaseAge("v1.3.1", "20260105");
  const second = await releaseAge("v1.3.2", "20260106");
  const patch = await bytesOf(
    patchObjectKey({ cmd: "age", from: "20260105", to: "20260106", platform: PLATFORM }),
  );
  const full = second.result.artifacts.find(({ platform }) => platform === PLATFORM);
  // Trimmed builds of these two make patches of about a tenth of the download; plain ones of half of it.
  expect(patch.length).toBeLessThan((full?.gzSize ?? 0) / 5);

  const base = gunzipSync(await bytesOf(`age/${first.result.version}/${PLATFORM}.gz`));
  const target = gunzipSync(await bytesOf(`age/${second.result.version}/${PLATFORM}.gz`));
  for (const reader of READERS) {
    expect([reader.name, applyPatch(reader, base, patch).equals(target)]).toEqual([reader.name, true]);
  }
});

/** Releases a module that does nothing but require age, which is then built by its package path. */
async function releaseAge(age: string, version: string): Promise<Release> {
  const repository = repositoryOf("age");
  for (const name of ["go.mod", "go.sum"]) rmSync(join(repository.folder, name), { force: true });
  const go = (...args: string[]) => execFileSync("go", args, { cwd: repository.folder, stdio: "pipe" });
  go("mod", "init", "example.com/release-age");
  go("get", `filippo.io/age/cmd/age@${age}`);
  repository.commitAndTag(`age ${age}`, `v${version}`);
  const done = await release({ cmd: "age" });
  expect(done).toMatchObject({ status: "SUCCEEDED", result: { version } });
  return done;
}

async function bytesOf(key: string): Promise<Buffer> {
  const answer = await fetch(`${local.artifactsUrl}${key}`);
  expect([key, answer.status]).toEqual([key, 200]);
  return Buffer.from(await answer.arrayBuffer());
}
