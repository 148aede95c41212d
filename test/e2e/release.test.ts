import { execFile, execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import {
  DeleteObjectCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { beforeAll, describe, expect, test } from "vitest";
import { historyOf } from "../../lambda/shared/current.ts";
import { clientEnvironment } from "../../local/local-aws.ts";
import { root } from "../../tools/checkout.ts";
import { hostPlatform, install } from "../../tools/install.ts";
import { readStatement } from "../../verify/statement.ts";
import { PLATFORMS } from "./commands.ts";
import {
  directory,
  local,
  orderedBuilds,
  type Release,
  release,
  repositoryOf,
  s3,
  sourcesBucket,
  table,
} from "./setting.ts";

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

  test("can be installed by the line that its directory has an installer for, and is then what was released", () => {
    const folder = mkdtempSync(join(tmpdir(), "hkdist-install-"));
    try {
      const line = `curl -fsSL ${local.directoryUrl}${CMD}.sh | sh -s -- --to ${folder}`;
      const install = () => execFileSync("sh", ["-c", line], { encoding: "utf8" });
      const file = join(folder, CMD);
      expect(install()).toContain(
        `${CMD} ${VERSION} for ${hostPlatform()} is installed, its SHA-256 verified: ${file}`,
      );
      expect(execFileSync(file, ["version"], { encoding: "utf8" })).toContain(VERSION);
      expect(install()).toContain(`${CMD} ${VERSION} is installed already: ${file}`);
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

  test("has a bill of materials for each platform, and a statement of how it was built", async () => {
    const documents = new Map<string, string>();
    for (const key of first.result.documents) {
      const answer = await fetch(`${local.artifactsUrl}${key}`);
      expect([key, answer.status]).toEqual([key, 200]);
      expect(answer.headers.get("cache-control")).toContain("immutable");
      documents.set(key, await answer.text());
    }
    const boms = PLATFORMS.map((platform) => `${CMD}/${VERSION}/${platform}.cdx.json`);
    const provenance = `${CMD}/${VERSION}/provenance.json`;
    expect([...documents.keys()].toSorted()).toEqual([...boms, provenance].toSorted());
    for (const bom of boms) {
      const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
      expect(await validator.validate(documents.get(bom) ?? "")).toBeNull();
      expect(documents.get(bom)).toContain("pkg:golang/github.com/minio/selfupdate@v0.6.0");
    }
    const { subjects, builds, commit } = readStatement(documents.get(provenance) ?? "", provenance);
    for (const { platform, sha256 } of first.result.artifacts) {
      const hex = Buffer.from(sha256, "base64").toString("hex");
      expect(subjects.get(`${CMD}/${VERSION}/${platform}`)).toBe(hex);
      const gzip = await fetch(`${local.artifactsUrl}${CMD}/${VERSION}/${platform}.gz`);
      const packed = createHash("sha256").update(Buffer.from(await gzip.arrayBuffer()));
      expect(subjects.get(`${CMD}/${VERSION}/${platform}.gz`)).toBe(packed.digest("hex"));
    }
    expect(commit).toBe(repositoryOf(CMD).git("rev-parse", `v${VERSION}^{commit}`));
    expect(builds.map(({ platforms, settings }) => [platforms, settings["HKDIST_MAIN_PACKAGE"]])).toEqual([
      [PLATFORMS, "."],
    ]);
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
    expect(again.result.documents).toEqual(first.result.documents);
    expect(again.result.published).toEqual({ revision: 1, changed: false });
    const byTag = await release({ cmd: CMD, tag: `v${VERSION}` });
    expect(byTag.status).toBe("SUCCEEDED");
    expect(byTag.states).not.toContain("Source");
  });
});

describe("verify-release", () => {
  /** Runs the tool as people do; answers its exit status and what it printed. */
  const verify = async (args: string[], local_: { directoryUrl: string } = local) => {
    const urls = ["--directory", local_.directoryUrl, "--artifacts", local.artifactsUrl];
    const tool = [join(root, "bin", "run.mjs"), join(root, "verify", "main.ts"), CMD, VERSION, ...urls];
    const env = clientEnvironment(local);
    return promisify(execFile)(process.execPath, [...tool, ...args], { env, timeout: 120_000 }).then(
      ({ stdout, stderr }) => ({ status: 0, stdout, stderr }),
      (error) => ({ status: error.code, stdout: error.stdout, stderr: error.stderr }),
    );
  };
  const same = (platforms: string[], note = "") =>
    platforms.map((platform) => {
      const { sha256 } = first.result.artifacts.find((one) => one.platform === platform) ?? {};
      return expect.stringMatching(
        new RegExp(`^${platform} +same +${(sha256 ?? "").replaceAll("+", "\\+")}${note}$`),
      );
    });
  const lines = (text: string) => text.trimEnd().split("\n");

  test("builds the archive again and finds the same bytes", async () => {
    const { status, stdout, stderr } = await verify(["--bucket", (await sourcesBucket()) ?? "", "--archive"]);
    expect([status, stderr]).toEqual([0, expect.stringContaining("Built from the archive")]);
    expect(lines(stdout).toSorted()).toEqual(same(PLATFORMS.toSorted(), " \\(from the archive only.*"));
  });

  test("builds the commit when the archive has expired, and a tag that has gone is a difference", async () => {
    const repository = repositoryOf(CMD);
    repository.commit("Later");
    repository.git("tag", "--delete", `v${VERSION}`);
    await withoutArchives(async () => {
      for (const [args, expected] of [
        [["--ignore-tag"], 0],
        [[], 1],
      ] as const) {
        const { status, stdout, stderr } = await verify(["--platform", hostPlatform(), ...args]);
        expect([status, stderr]).toEqual([expected, expect.stringContaining("Built from commit")]);
        const gone = expect.stringMatching(new RegExp(`^tag: .* has no tag v${VERSION}: `));
        expect(lines(stdout)).toEqual([gone, ...same([hostPlatform()])]);
      }
    });
  });

  test("tells what differs, with the hashes", async () => {
    const told = createHash("sha256").update("another binary").digest("base64");
    const liar = createServer(async (request, response) => {
      const path = (request.url ?? "").slice(1);
      const isHash = path.startsWith(`${CMD}/${VERSION}/`);
      response.end(isHash ? JSON.stringify({ sha256: told }) : await (await directory(path)).text());
    });
    await new Promise<void>((resolve) => liar.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = liar.address() as AddressInfo;
      const directoryUrl = `http://127.0.0.1:${port}/`;
      const { status, stdout } = await verify(["--platform", hostPlatform(), "--ignore-tag"], {
        directoryUrl,
      });
      const { sha256 } = first.result.artifacts.find(({ platform }) => platform === hostPlatform()) ?? {};
      expect([status, stdout]).toEqual([1, expect.stringContaining("DIFFERENT")]);
      expect(stdout).toContain(`directory ${told}, download ${sha256}`);
    } finally {
      liar.close();
    }
  });

  test("says what it cannot find out", async () => {
    const cases: [string[], number, string][] = [
      [["--platform", "plan9-386"], 1, "is not published for plan9-386, but for"],
      [["--repository", "/nowhere"], 1, "/nowhere cannot be read"],
      [["--archive"], 2, "npm run verify-release"],
    ];
    for (const [args, status, words] of cases) {
      expect(await verify(args)).toMatchObject({ status, stderr: expect.stringContaining(words) });
    }
  });
});

/** Runs `work` while the sources bucket has none of the command's archives, as it is after 90 days. */
async function withoutArchives(work: () => Promise<void>): Promise<void> {
  const Bucket = await sourcesBucket();
  const { Contents = [] } = await s3.send(
    new ListObjectsV2Command({ Bucket, Prefix: `sources/${CMD}/${VERSION}/` }),
  );
  expect(Contents.length).toBeGreaterThan(0);
  const bodies = await Promise.all(
    Contents.map(async ({ Key }) => {
      const object = await s3.send(new GetObjectCommand({ Bucket, Key }));
      return [Key, (await object.Body?.transformToByteArray()) ?? new Uint8Array()] as const;
    }),
  );
  for (const [Key] of bodies) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  try {
    await work();
  } finally {
    for (const [Key, Body] of bodies) await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
  }
}
