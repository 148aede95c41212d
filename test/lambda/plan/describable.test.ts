import { beforeEach, expect, it } from "vitest";
import { describable } from "../../../lambda/plan/describable.ts";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import { reportObjectKey, sbomObjectKey } from "../../../lambda/shared/keys.ts";
import { clientOf, MemoryBucket } from "../memory-bucket.ts";
import { artifact, sha256 } from "../support.ts";

const VERSION = "20260131.1";
const LINUX = artifact("greet", VERSION, "linux-amd64", sha256(1));
const DARWIN = artifact("greet", VERSION, "darwin-arm64", sha256(2));
const WINDOWS = artifact("greet", VERSION, "windows-386", sha256(3));
const ARM = artifact("greet", VERSION, "linux-arm", sha256(4));

let artifacts: MemoryBucket;
let sources: MemoryBucket;
beforeEach(() => {
  artifacts = new MemoryBucket("artifacts");
  sources = new MemoryBucket("sources");
});
const ask = async (...given: Artifact[]) => {
  const stores = { s3: clientOf(artifacts, sources), artifactsBucket: "artifacts", sourcesBucket: "sources" };
  const found = await describable(stores, given);
  return [...found].map(({ platform }) => platform);
};
/** A report's line; without `modules` as a build wrote it that did not ask. */
const line = ({ platform, sha256: hash }: Artifact, modules = "eA==") =>
  `${platform}\tstored\t${Buffer.from(hash, "base64").toString("hex")}\t${modules}`;

it("are those with a bill of materials, or a report of the recorded bytes", async () => {
  artifacts.store(sbomObjectKey(LINUX), Buffer.from("{}"));
  const lines = [line(DARWIN), line({ ...WINDOWS, sha256: sha256(9) }), line(ARM, "")];
  sources.store(reportObjectKey("greet", VERSION, "run-1", 0), Buffer.from(`${lines.join("\n")}\n`));
  expect(await ask(LINUX, DARWIN, WINDOWS, ARM)).toEqual(["linux-amd64", "darwin-arm64"]);
});

it("are looked for in reports of that version only", async () => {
  sources.store(reportObjectKey("greet", "20260131", "run-1", 0), Buffer.from(line(LINUX)));
  expect(await ask(LINUX)).toEqual([]);
});

it("take no reports when all have their bills of materials, or there are none", async () => {
  artifacts.store(sbomObjectKey(LINUX), Buffer.from("{}"));
  expect(await ask(LINUX)).toEqual(["linux-amd64"]);
  expect(await ask()).toEqual([]);
  expect(sources.requests).toEqual([]);
});
