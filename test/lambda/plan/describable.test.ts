import { beforeEach, expect, it } from "vitest";
import { planBatches } from "../../../lambda/plan/batches.ts";
import { describable } from "../../../lambda/plan/describable.ts";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import { laterProvenanceObjectKey, provenanceObjectKey, sbomObjectKey } from "../../../lambda/shared/keys.ts";
import { clientOf, MemoryBucket } from "../memory-bucket.ts";
import { artifact, SOURCE, sha256 } from "../support.ts";

const VERSION = "20260131.1";
const LINUX = artifact("greet", VERSION, "linux-amd64", sha256(1));
const DARWIN = artifact("greet", VERSION, "darwin-arm64", sha256(2));
const WINDOWS = artifact("greet", VERSION, "windows-386", sha256(3));
const ARM = artifact("greet", VERSION, "linux-arm", sha256(4));

const MODULES = Buffer.from("binary: go1.26.8\n\tpath\tx\n").toString("base64");

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
const line = ({ platform, sha256: hash }: Artifact, modules = MODULES) =>
  `${platform}\tstored\t${Buffer.from(hash, "base64").toString("hex")}\t${modules}`;

/** Leaves a build's plan and its report. */
function storeReport(version: string, text: string): void {
  const platforms = [LINUX, DARWIN, WINDOWS, ARM].map(({ platform }) => platform);
  const [plan] = planBatches({ ...SOURCE, version }, platforms, "run-1", 1);
  sources.store(plan?.planKey ?? "", Buffer.from(plan?.text ?? ""));
  sources.store(plan?.reportKey ?? "", Buffer.from(text));
}
/** Leaves an artifact's documents. */
function describe(about: Artifact): void {
  artifacts.store(sbomObjectKey(about), Buffer.from("{}"));
  artifacts.store(laterProvenanceObjectKey(about), Buffer.from("{}"));
}

it("are those with their documents, or a report of the recorded bytes", async () => {
  describe(LINUX);
  const lines = [line(DARWIN), line({ ...WINDOWS, sha256: sha256(9) }), line(ARM, "")];
  storeReport(VERSION, `${lines.join("\n")}\n`);
  expect(await ask(LINUX, DARWIN, WINDOWS, ARM)).toEqual(["linux-amd64", "darwin-arm64"]);
});

it("are looked for in reports of that version only", async () => {
  storeReport("20260131", line(LINUX));
  expect(await ask(LINUX)).toEqual([]);
});

it("take no reports when all have their documents, or there are none", async () => {
  describe(LINUX);
  expect(await ask(LINUX)).toEqual(["linux-amd64"]);
  expect(await ask()).toEqual([]);
  expect(sources.requests).toEqual([]);
});

it("are not those that have a bill of materials and no statement, when the report has expired", async () => {
  artifacts.store(sbomObjectKey(LINUX), Buffer.from("{}"));
  expect(await ask(LINUX)).toEqual([]);
  const subject = [{ name: `greet/${VERSION}/darwin-arm64` }];
  artifacts.store(provenanceObjectKey("greet", VERSION), Buffer.from(JSON.stringify({ subject })));
  artifacts.store(sbomObjectKey(DARWIN), Buffer.from("{}"));
  expect(await ask(LINUX, DARWIN)).toEqual(["darwin-arm64"]);
});
