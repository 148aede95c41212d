import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, expect, test } from "vitest";
import { hostPlatform } from "../../demo/install.ts";
import { patchObjectKey } from "../../lambda/shared/keys.ts";
import { venvBin } from "../../local/paths.ts";
import { root } from "../../tools/checkout.ts";
import { local, type Release, release, repositoryOf } from "./setting.ts";

const PLATFORM = hostPlatform();
const folder = mkdtempSync(join(tmpdir(), "hkdist-age-"));
const file = (name: string) => join(folder, name);

afterAll(() => rmSync(folder, { recursive: true }));

/** Programs that apply a patch and share no code with what made it: <program> <base> <result> <patch>. */
const READERS: [string, string[]][] = [
  [
    "Python's bsdiff4",
    [join(venvBin, "python"), "-c", "import bsdiff4, sys; bsdiff4.file_patch(*sys.argv[1:])"],
  ],
  ["Go's minio/selfupdate", ["go", "-C", join(root, "test", "fixtures", "go-reader"), "run", "."]],
  // Debian's package bsdiff; not everybody has it.
  ...(inPath("bspatch") ? ([["bspatch", ["bspatch"]]] satisfies [string, string[]][]) : []),
];

test("a third-party CLI is released twice, and independent readers apply its patch", async () => {
  const first = await releaseAge("v1.3.1", "20260105");
  const second = await releaseAge("v1.3.2", "20260106");
  const patch = await bytesOf(
    patchObjectKey({ cmd: "age", from: "20260105", to: "20260106", platform: PLATFORM }),
  );
  const full = second.result.artifacts.find(({ platform }) => platform === PLATFORM);
  // Trimmed builds of these two make patches of about a tenth of the download; plain ones of half of it.
  expect(patch.length).toBeLessThan((full?.gzSize ?? 0) / 5);

  writeFileSync(file("base"), gunzipSync(await bytesOf(`age/${first.result.version}/${PLATFORM}.gz`)));
  writeFileSync(file("patch"), patch);
  const target = gunzipSync(await bytesOf(`age/${second.result.version}/${PLATFORM}.gz`));
  for (const [name, [program = "", ...args]] of READERS) {
    rmSync(file("result"), { force: true });
    execFileSync(program, [...args, file("base"), file("result"), file("patch")]);
    expect([name, readFileSync(file("result")).equals(target)]).toEqual([name, true]);
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

function inPath(program: string): boolean {
  return (process.env["PATH"] ?? "").split(delimiter).some((place) => existsSync(join(place, program)));
}
