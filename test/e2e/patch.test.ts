import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { DeleteObjectCommand, ListObjectVersionsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { beforeAll, describe, expect, test } from "vitest";
import { artifactObjectKey, patchObjectKey } from "../../lambda/shared/keys.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import { hostPlatform } from "../../tools/install.ts";
import { PLATFORMS } from "./commands.ts";
import { applyPatch, BSDIFF4 } from "./readers.ts";
import { local, release, repositoryOf, s3, table } from "./setting.ts";

const PLATFORM = hostPlatform();
async function bytesOf(key: string): Promise<Buffer> {
  const answer = await fetch(`${local.artifactsUrl}${key}`);
  expect([key, answer.status]).toEqual([key, 200]);
  return Buffer.from(await answer.arrayBuffer());
}

const binaryOf = async (cmd: string, version: string, platform = PLATFORM) =>
  gunzipSync(await bytesOf(artifactObjectKey({ cmd, version, platform })));

describe("three releases", () => {
  const cmd = "greet-patched";
  const [oldest, older, newest] = ["20260105", "20260105.2", "20260105.10"];
  let third: Awaited<ReturnType<typeof release>>;

  beforeAll(async () => {
    for (const version of [oldest, older, newest]) {
      repositoryOf(cmd).commitAndTag(`Version ${version}`, `v${version}`);
      third = await release({ cmd });
      expect(third.status).toBe("SUCCEEDED");
    }
  });

  test("make patches from every older version, newest bases first", () => {
    const pairs = third.result.patches.map(({ from, platform, outcome }) => [from, platform, outcome]);
    expect(pairs.map(([from]) => from)).toEqual([older, older, oldest, oldest]);
    expect(pairs.map(([, platform]) => platform).toSorted()).toEqual([...PLATFORMS, ...PLATFORMS].toSorted());
    expect(pairs.every(([, , outcome]) => outcome === "made")).toBe(true);
  });

  test("each patch turns its base into its target, and is smaller than the full download", async () => {
    for (const platform of PLATFORMS) {
      const target = await binaryOf(cmd, newest, platform);
      for (const from of [oldest, older]) {
        const patch = await bytesOf(patchObjectKey({ cmd, from, to: newest, platform }));
        expect(applyPatch(BSDIFF4, await binaryOf(cmd, from, platform), patch).equals(target)).toBe(true);
        const full = third.result.artifacts.find((artifact) => artifact.platform === platform);
        expect(patch.length).toBeLessThan(full?.gzSize ?? 0);
      }
    }
  });

  test("each patch has its row", async () => {
    const rows = await patchesTo(table, cmd, newest);
    expect(rows.length).toBe(4);
    for (const row of rows) {
      const patch = await bytesOf(patchObjectKey(row));
      const sha256 = createHash("sha256").update(patch).digest("base64");
      expect(row).toMatchObject({ size: patch.length, sha256, s3VersionId: expect.any(String) });
    }
  });

  test("asked for again make no patch a second time", async () => {
    const before = await s3.send(
      new ListObjectVersionsCommand({ Bucket: local.artifactsBucket, Prefix: `${cmd}/` }),
    );
    const again = await release({ cmd });
    expect(again).toMatchObject({ status: "SUCCEEDED", result: { patches: [] } });
    const after = await s3.send(
      new ListObjectVersionsCommand({ Bucket: local.artifactsBucket, Prefix: `${cmd}/` }),
    );
    expect(after.Versions).toEqual(before.Versions);
  });

  test("explicit bases make patches from newer versions too, and publish nothing", async () => {
    const back = await release({ cmd, tag: `v${older}`, bases: [newest], platforms: [PLATFORM] });
    expect(back.status).toBe("SUCCEEDED");
    expect(back.result.published).toBe(false);
    expect(back.result.patches).toMatchObject([{ platform: PLATFORM, from: newest, outcome: "made" }]);
    const patch = await bytesOf(patchObjectKey({ cmd, from: newest, to: older, platform: PLATFORM }));
    expect(applyPatch(BSDIFF4, await binaryOf(cmd, newest), patch).equals(await binaryOf(cmd, older))).toBe(
      true,
    );
  });

  test.each([
    ["without a tag", { cmd, bases: [oldest] }, "bases: only together with a recorded tag"],
    [
      "of a tag that is not recorded",
      { cmd, tag: "v20260106", bases: [oldest] },
      "and v20260106 is not: release it",
    ],
    ["that are not recorded", { cmd, tag: `v${newest}`, bases: ["1"] }, 'bases: "1" not recorded'],
    [
      "together with publish",
      { cmd, tag: `v${newest}`, bases: [oldest], publish: true },
      "publish: must not be true",
    ],
  ])("bases %s are refused", async (_, input, words) => {
    const refused = await release(input);
    expect(refused).toMatchObject({ status: "FAILED", error: "InvalidReleaseRequestError" });
    expect(refused.cause).toContain(words);
  });
});

test("a pair that fails is reported and does not stop the release", async () => {
  const cmd = "greet-damaged";
  const [base, target] = ["20260105", "20260105.1"];
  repositoryOf(cmd).commitAndTag("Base", `v${base}`);
  expect((await release({ cmd })).status).toBe("SUCCEEDED");
  // Somebody with all rights takes the recorded bytes away.
  const Key = artifactObjectKey({ cmd, version: base, platform: PLATFORM });
  const Bucket = local.artifactsBucket;
  const { Versions = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }));
  for (const { VersionId } of Versions) await s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }));

  repositoryOf(cmd).commitAndTag("Target", `v${target}`);
  const second = await release({ cmd });
  expect(second).toMatchObject({ status: "SUCCEEDED", result: { published: { changed: true } } });
  const outcomes = new Map(second.result.patches.map((patch) => [patch.platform, patch]));
  expect(outcomes.get(PLATFORM)).toMatchObject({
    from: base,
    outcome: "failed",
    reason: expect.stringMatching(/./),
  });
  expect(outcomes.get("windows-amd64")).toMatchObject({ from: base, outcome: "made" });
});

test("a stored patch that does not make its target is never recorded", async () => {
  const cmd = "greet-foreign";
  const [from, to] = ["20260105", "20260105.1"];
  const Key = patchObjectKey({ cmd, from, to, platform: PLATFORM });
  await s3.send(
    new PutObjectCommand({ Bucket: local.artifactsBucket, Key, Body: "no patch", IfNoneMatch: "*" }),
  );
  for (const version of [from, to]) {
    repositoryOf(cmd).commitAndTag(version, `v${version}`);
    const { status, result } = await release({ cmd, platforms: [PLATFORM] });
    expect(status).toBe("SUCCEEDED");
    if (version === to)
      expect(result.patches).toMatchObject([{ platform: PLATFORM, from, outcome: "failed" }]);
  }
  expect(await patchesTo(table, cmd, to)).toEqual([]);
});
