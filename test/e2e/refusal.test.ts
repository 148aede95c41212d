import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { StopBuildCommand } from "@aws-sdk/client-codebuild";
import {
  DeleteObjectCommand,
  ListObjectsV2Command,
  ListObjectVersionsCommand,
  PutObjectCommand,
} from "@aws-sdk/client-s3";
import { StopExecutionCommand } from "@aws-sdk/client-sfn";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { expect, test, vi } from "vitest";
import { getArtifact, putRefusal } from "../../lambda/shared/artifacts.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  provenanceObjectKey,
  sbomObjectKey,
} from "../../lambda/shared/keys.ts";
import { followRelease, startRelease } from "../../local/release.ts";
import { hostPlatform } from "../../tools/install.ts";
import { PLATFORMS } from "./commands.ts";
import {
  codebuild,
  directory,
  local,
  orderedBuilds,
  release,
  repositoryOf,
  s3,
  sourcesBucket,
  steps,
  table,
  untilBuildRuns,
} from "./setting.ts";

const currentOf = (cmd: string) => directory(`${cmd}/current/${hostPlatform()}.json`);

/** That the machine hands on whatever it is given; what else is wrong is for test/lambda/request to tell. */
const WRONG_INPUTS: [string, unknown, string][] = [
  ["no command", {}, 'cmd: missing; the commands are "greet"'],
  ["a date that does not exist", { cmd: "greet", tag: "v20260231" }, "tag: must be v and a date that exists"],
  ["a word", "greet", "the input must be a JSON object"],
];

test.each(WRONG_INPUTS)("%s is refused before anything starts", async (_, input, words) => {
  const refused = await release(input);
  expect(refused).toMatchObject({ status: "FAILED", error: "InvalidReleaseRequestError" });
  expect(refused.cause).toContain(words);
  expect(refused.states).toEqual(["Request", "Failed"]);
});

test("a branch whose head is not tagged is refused under the source build's error", async () => {
  const repository = repositoryOf("greet-untagged");
  repository.commitAndTag("Tagged", "v20260105");
  repository.commit("Not tagged");
  const refused = await release({ cmd: "greet-untagged" });
  expect(refused).toMatchObject({ status: "FAILED", error: "HeadNotTaggedError" });
  expect(refused.cause).toContain(repository.git("rev-parse", "HEAD"));
  expect(refused.cause).toContain(repository.git("rev-parse", "v20260105^{commit}"));
});

test("a platform that does not compile keeps the others' work, and only it is built again", async () => {
  const cmd = "greet-broken";
  const repository = repositoryOf(cmd);
  writeFileSync(join(repository.folder, "broken_windows.go"), "package main\n\nvar _ = nothing\n");
  repository.commitAndTag("Broken on Windows", "v20260105");

  for (const builds of [[PLATFORMS], [PLATFORMS, ["windows-amd64"]]]) {
    const failed = await release({ cmd });
    expect(failed).toMatchObject({ status: "FAILED", error: "BuildFailedError" });
    expect(failed.cause).toMatch(/^windows-amd64 did not compile:/);
    expect(failed.cause).toContain("undefined: nothing");
    expect(await orderedBuilds(cmd)).toEqual(builds);
  }
  expect((await directory(`${cmd}/20260105/${hostPlatform()}.json`)).status).toBe(200);
  expect((await currentOf(cmd)).status).toBe(404);

  rmSync(join(repository.folder, "broken_windows.go"));
  repository.commitAndTag("Mended", "v20260105.1");
  expect(await release({ cmd })).toMatchObject({ status: "SUCCEEDED", result: { version: "20260105.1" } });
});

test("an older version is built and kept but never becomes current", async () => {
  const cmd = "greet-older";
  const repository = repositoryOf(cmd);
  repository.commitAndTag("Older", "v20260105.2");
  repository.commitAndTag("Newer", "v20260105.10");
  expect((await release({ cmd })).status).toBe("SUCCEEDED");
  const refused = await release({ cmd, tag: "v20260105.2" });
  expect(refused).toMatchObject({ status: "FAILED", error: "PublishRefusedError" });
  expect(refused.cause).toContain(
    `${cmd} on ${hostPlatform()} is at 20260105.10, which is newer than 20260105.2`,
  );
  expect(await (await currentOf(cmd)).json()).toMatchObject({ version: "20260105.10" });
  expect((await directory(`${cmd}/20260105.2/${hostPlatform()}.json`)).status).toBe(200);
});

test("a tag that was moved is refused with both commits", async () => {
  const cmd = "greet-moved";
  const repository = repositoryOf(cmd);
  repository.commitAndTag("Released", "v20260105");
  const released = repository.git("rev-parse", "HEAD");
  expect((await release({ cmd, platforms: [hostPlatform()] })).status).toBe("SUCCEEDED");
  repository.git("tag", "--delete", "v20260105");
  repository.commitAndTag("Moved", "v20260105");
  const refused = await release({ cmd });
  expect(refused).toMatchObject({ status: "FAILED", error: "MovedTagError" });
  expect(refused.cause).toContain(released);
  expect(refused.cause).toContain(repository.git("rev-parse", "HEAD"));
});

test("publish: false records without publishing; the tag is published later without a build", async () => {
  const cmd = "greet-unpublished";
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  expect(await release({ cmd, publish: false })).toMatchObject({
    status: "SUCCEEDED",
    result: { published: false },
  });
  expect((await currentOf(cmd)).status).toBe(404);
  const published = await release({ cmd, tag: "v20260105" });
  expect(published.result.published).toEqual({ revision: 1, changed: true });
  expect(published.states).not.toContain("Source");
  expect((await currentOf(cmd)).status).toBe(200);
});

test("an artifact whose event was lost is recorded by the next release, not built again", async () => {
  const cmd = "greet-lost";
  const id = { cmd, version: "20260105", platform: hostPlatform() };
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  const before = await release({ cmd, publish: false });
  await table.documents.send(new DeleteCommand({ TableName: table.name, Key: artifactItemKey(id) }));
  const after = await release({ cmd });
  expect(after.status).toBe("SUCCEEDED");
  expect(await orderedBuilds(cmd)).toEqual([PLATFORMS]);
  expect(after.result.artifacts).toEqual(before.result.artifacts);
});

test("an execution that is stopped in the middle of a build loses nothing", async () => {
  const cmd = "greet-stopped";
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  const executionArn = await startRelease(local, { cmd });
  await untilBuildRuns(cmd);
  await steps.send(new StopExecutionCommand({ executionArn }));
  expect((await followRelease(local, executionArn)).status).toBe("ABORTED");
  expect((await currentOf(cmd)).status).toBe(404);

  expect((await release({ cmd })).status).toBe("SUCCEEDED");
  expect((await storedKeys(cmd)).toSorted()).toEqual(keysOf(cmd, "20260105"));
});

test("a release without documents and reports, as a build leaves it that dies, gets them by being built once more", async () => {
  const cmd = "greet-undescribed";
  const platforms = [hostPlatform()];
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  const first = await release({ cmd, platforms, publish: false });
  expect(first.status).toBe("SUCCEEDED");
  const { documents, artifacts } = first.result;
  const Bucket = await sourcesBucket();
  const reports = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `reports/${cmd}/` }));
  expect(reports.Contents).toHaveLength(1);
  for (const { Key } of reports.Contents ?? []) await s3.send(new DeleteObjectCommand({ Bucket, Key }));
  for (const Key of documents) {
    await s3.send(new DeleteObjectCommand({ Bucket: local.artifactsBucket, Key }));
  }

  const second = await release({ cmd, tag: "v20260105", platforms });
  expect(second).toMatchObject({ status: "SUCCEEDED", result: { artifacts, documents } });
  expect(await orderedBuilds(cmd)).toEqual([platforms, platforms]);
  expect((await storedKeys(cmd)).filter((key) => key.endsWith(".gz"))).toHaveLength(1);
  for (const key of documents) expect((await fetch(`${local.artifactsUrl}${key}`)).status).toBe(200);
});

test("a build that does not run to its end is explained with its phase and its log", async () => {
  const cmd = "greet-killed";
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  const executionArn = await startRelease(local, { cmd });
  await codebuild.send(new StopBuildCommand({ id: await untilBuildRuns(cmd) }));
  const stopped = await followRelease(local, executionArn);
  expect(stopped).toMatchObject({ status: "FAILED", error: "BuildStoppedError" });
  expect(stopped.cause).toMatch(/^the build of greet-killed ended as STOPPED.* \(log group .+, stream .+\)/);
  expect((await release({ cmd })).status).toBe("SUCCEEDED");
});

test("an artifact that somebody stored before the release is held against the build, and never published", async () => {
  const cmd = "greet-seeded";
  const id = { cmd, version: "20260105", platform: hostPlatform() };
  const Body = gzipSync("#!/bin/sh\necho not what was tagged\n");
  await s3.send(
    new PutObjectCommand({
      Bucket: local.artifactsBucket,
      Key: artifactObjectKey(id),
      Body,
      IfNoneMatch: "*",
    }),
  );
  await vi.waitUntil(() => getArtifact(table, id), { timeout: 30_000, interval: 200 });
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  for (const input of [{ cmd }, { cmd, tag: "v20260105" }]) {
    const refused = await release(input);
    expect(refused).toMatchObject({ status: "FAILED", error: "ArtifactConflictError" });
    expect(refused.cause).toContain(`${artifactObjectKey(id)} is recorded with SHA-256`);
  }
  expect((await currentOf(cmd)).status).toBe(404);
});

test("a release whose stored binary was deleted is not called a success", async () => {
  const cmd = "greet-deleted";
  const Key = artifactObjectKey({ cmd, version: "20260105", platform: hostPlatform() });
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  expect((await release({ cmd, platforms: [hostPlatform()] })).status).toBe("SUCCEEDED");
  await s3.send(new DeleteObjectCommand({ Bucket: local.artifactsBucket, Key }));
  const refused = await release({ cmd, platforms: [hostPlatform()] });
  expect(refused).toMatchObject({ status: "FAILED", error: "ArtifactConflictError" });
  expect(refused.cause).toMatch(/is gone\. Bring the recorded version back/);
});

test("a refusal whose reason is gone does not stop a release", async () => {
  const cmd = "greet-forgiven";
  const id = { cmd, version: "20260105", platform: hostPlatform() };
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  expect((await release({ cmd, publish: false })).status).toBe("SUCCEEDED");
  // As if the recorder had refused it under an older limit.
  const { s3VersionId = "" } = (await getArtifact(table, id)) ?? {};
  await table.documents.send(new DeleteCommand({ TableName: table.name, Key: artifactItemKey(id) }));
  const refusedAt = new Date(Date.now() - 1000).toISOString();
  await putRefusal(table, { key: artifactObjectKey(id), s3VersionId, reason: "too large", refusedAt });
  expect((await release({ cmd })).status).toBe("SUCCEEDED");
});

test("an artifact that the recorder refuses stops the release with the reason", async () => {
  const cmd = "greet-refused";
  const id = { cmd, version: "20260105", platform: hostPlatform() };
  await s3.send(
    new PutObjectCommand({
      Bucket: local.artifactsBucket,
      Key: artifactObjectKey(id),
      Body: "these bytes are no gzip",
      IfNoneMatch: "*",
    }),
  );
  repositoryOf(cmd).commitAndTag("First", "v20260105");
  const refused = await release({ cmd });
  expect(refused).toMatchObject({ status: "FAILED", error: "ArtifactRefusedError" });
  expect(refused.cause).toContain(`${artifactObjectKey(id)} was stored but refused: it is not gzip`);
  expect(await getArtifact(table, id)).toBe(undefined);
  expect((await currentOf(cmd)).status).toBe(404);
});

/** The keys of every version of every object that a command has. */
async function storedKeys(cmd: string): Promise<string[]> {
  const stored = await s3.send(
    new ListObjectVersionsCommand({ Bucket: local.artifactsBucket, Prefix: `${cmd}/` }),
  );
  return (stored.Versions ?? []).map(({ Key = "" }) => Key);
}

/** What a release of all platforms stores, sorted. */
function keysOf(cmd: string, version: string): string[] {
  const keys = PLATFORMS.map((platform) => ({ cmd, version, platform })).flatMap((id) => [
    artifactObjectKey(id),
    sbomObjectKey(id),
  ]);
  return [...keys, provenanceObjectKey(cmd, version)].toSorted();
}
