import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, test } from "vitest";
import { historyOf } from "../../lambda/shared/current.ts";
import { hostPlatform, install } from "../../tools/install.ts";
import { PLATFORMS } from "./commands.ts";
import { directory, local, orderedBuilds, type Release, release, repositoryOf, table } from "./setting.ts";

const CMD = "greet-released";
const VERSION = "20260105";
let first: Release;

beforeAll(async () => {
  repositoryOf(CMD).commitAndTag("First release", `v${VERSION}`);
  first = await release({ cmd: CMD });
});

describe("a release", () => {
  test("builds, records and publishes every platform", () => {
    expect(first).toMatchObject({ status: "SUCCEEDED", result: { cmd: CMD, version: VERSION } });
    expect(first.result.artifacts.map(({ platform }) => platform)).toEqual(PLATFORMS);
    expect(first.result.published).toEqual({ revision: 1, changed: true });
  });

  test("is what the directory tells, on every path that clients use", async () => {
    for (const { platform, sha256 } of first.result.artifacts) {
      const document = `${JSON.stringify({ platform, version: VERSION, cmd: CMD, sha256 })}\n`;
      const answers: [string, string][] = [
        [`${CMD}/current/${platform}.json`, document],
        [`${CMD}/${platform}.json`, document],
        [`${CMD}/${VERSION}/${platform}.json`, `${JSON.stringify({ sha256 })}\n`],
      ];
      for (const [path, body] of answers) {
        const answer = await directory(path);
        expect([path, answer.status, await answer.text()]).toEqual([path, 200, body]);
        const head = await directory(path, { method: "HEAD" });
        expect([path, head.status, await head.text()]).toEqual([path, 200, ""]);
      }
    }
    const everything = (await (await directory("release.json")).json()) as {
      cmd: string;
      platform: string;
    }[];
    expect(everything.filter(({ cmd }) => cmd === CMD).map(({ platform }) => platform)).toEqual(
      PLATFORMS.toSorted(),
    );
    expect(await (await directory("")).text()).toContain(`${CMD}/${VERSION}/${hostPlatform()}.gz`);
  });

  test("can be installed and run, and knows its version and its home", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hkdist-install-"));
    try {
      const file = join(folder, CMD);
      await install(local.directoryUrl, CMD, file);
      expect(createHash("sha256").update(readFileSync(file)).digest("base64")).toBe(
        first.result.artifacts.find(({ platform }) => platform === hostPlatform())?.sha256,
      );
      const output = execFileSync(file, ["version", "--verbose"], { encoding: "utf8" });
      for (const text of [VERSION, hostPlatform(), local.directoryUrl, local.artifactsUrl]) {
        expect(output).toContain(text);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test("serves each binary in the protocol's form", async () => {
    for (const { platform, sha256, size, gzSize } of first.result.artifacts) {
      const answer = await fetch(`${local.artifactsUrl}${CMD}/${VERSION}/${platform}.gz`);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-encoding")).toBe(null);
      expect(answer.headers.get("content-disposition")).toBe("attachment");
      const gzipped = Buffer.from(await answer.arrayBuffer());
      const binary = gunzipSync(gzipped);
      expect([gzipped.length, binary.length]).toEqual([gzSize, size]);
      expect(createHash("sha256").update(binary).digest("base64")).toBe(sha256);
      const name = `${CMD}-${VERSION}${platform.startsWith("windows-") ? ".exe" : ""}\0`;
      expect(gzipped.subarray(3, 8)).toEqual(Buffer.from([0b1000, 0, 0, 0, 0]));
      expect(gzipped.subarray(10, 10 + name.length).toString()).toBe(name);
    }
    expect((await fetch(`${local.artifactsUrl}${CMD}/${VERSION}/plan9-386.gz`)).status).toBe(403);
  });

  test("leaves a history with the execution that did it", async () => {
    const [entry, ...more] = await historyOf(table, CMD);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ revision: 1, from: {}, to: { [hostPlatform()]: VERSION } });
    expect(entry?.by).toContain(":execution:");
  });

  test("asked for again does no new work and succeeds", async () => {
    const again = await release({ cmd: CMD });
    expect(again.status).toBe("SUCCEEDED");
    expect(await orderedBuilds(CMD)).toEqual([PLATFORMS]);
    expect(again.result.artifacts).toEqual(first.result.artifacts);
    expect(again.result.published).toEqual({ revision: 1, changed: false });
    const byTag = await release({ cmd: CMD, tag: `v${VERSION}` });
    expect(byTag.status).toBe("SUCCEEDED");
    expect(byTag.states).not.toContain("Source");
  });
});
