import type { BuildFacts } from "../../cli/execution/builds.ts";
import type { Facts, StepFacts } from "../../cli/execution/facts.ts";
import type { StepName } from "../../cli/execution/steps.ts";
import type { Artifact } from "../../lambda/shared/artifacts.ts";
import type { Patch } from "../../lambda/shared/patches.ts";
import type { ReleaseRequest } from "../../lambda/shared/payloads.ts";

/** A release of greet for three platforms, as AWS tells of it at some moments. It began at noon. */

const NOON = Date.UTC(2026, 0, 31, 12);
const CMD = "greet";
const VERSION = "20260131";
const PLATFORMS = ["darwin-arm64", "linux-amd64", "windows-amd64"];
const BASES = ["20260130", "20260129"];

/** So many seconds after its start. */
export const secondsIn = (seconds: number) => new Date(NOON + seconds * 1000);

const request: ReleaseRequest = {
  ...{ cmd: CMD, tag: "", version: "", platforms: PLATFORMS, publish: true, recorded: false, bases: [] },
  ...{ repository: "https://example.com/greet.git", sourceProject: "s", buildProject: "b" },
};
const source = [
  { Name: "OUTCOME", Value: "archived" },
  { Name: "TAG", Value: `v${VERSION}` },
  { Name: "COMMIT", Value: "0123456789abcdef0123456789abcdef01234567" },
  { Name: "SIGNER", Value: "" },
];
const plan = { version: VERSION, batches: [{ planKey: "p", reportKey: "r" }] };
const paired = {
  artifacts: PLATFORMS.map((platform) => ({ platform, sha256: "x", size: 6_000_000, gzSize: 2_000_000 })),
  pairs: BASES.flatMap((from) => PLATFORMS.map((platform) => ({ platform, from }))),
};

const base: Facts = {
  ...{ arn: "arn:aws:states:eu-west-1:1:execution:m:greet-1", name: "greet-1", machine: "release" },
  ...{ status: "RUNNING", startedAt: secondsIn(0), input: JSON.stringify({ cmd: CMD }) },
  ...{ steps: [], artifacts: [], patches: [], builds: [] },
};

/** Steps one after another, each from its own second on; the last one is not left. */
function steps(...begun: [StepName, number][]): StepFacts[] {
  return begun.map(([name, second], index) => {
    const next = begun[index + 1]?.[1];
    return { name, enteredAt: secondsIn(second), exitedAt: next === undefined ? undefined : secondsIn(next) };
  });
}

function artifact(platform: string): Artifact {
  const id = { cmd: CMD, version: VERSION, platform };
  const facts = { sha256: "x", size: 6_000_000, gzSize: 2_000_000, key: "k", s3VersionId: "1" };
  return { ...id, ...facts, recordedAt: secondsIn(30).toISOString() };
}

function patch(platform: string, from: string, size: number): Patch {
  const id = { cmd: CMD, platform, from, to: VERSION };
  const facts = { size, sha256: "x", s3VersionId: "1", milliseconds: 4200 };
  return { ...id, ...facts, recordedAt: secondsIn(48).toISOString() };
}

function build(status: string, lines: string[]): BuildFacts {
  return { id: "b:1", step: "Build", phase: "BUILD", status, startedAt: secondsIn(20), lines };
}

function built(platform: string, seconds: number): string[] {
  return [`${platform} built in ${seconds} s, 6,000,000 bytes`, `${platform} stored, 2,000,000 bytes`];
}

const BUILDING = [
  "[Container] 2026/01/31 12:00:20 Running command bash build.sh",
  `building ${CMD} ${VERSION} with Go 1.26.8 for ${PLATFORMS.join(" ")}`,
  "archive and Go ready after 2 s; nothing is fetched from here on",
  ...built("darwin-arm64", 3),
];

/** Nothing is known but that it was started. */
export const justStarted: Facts = base;

/** The source build waits for its turn at CodeBuild. */
export const starting: Facts = { ...base, steps: steps(["Request", 0], ["Source", 0.4]), request };

const untilBuild = { ...base, request, source, plan };

export const building: Facts = {
  ...untilBuild,
  steps: steps(["Request", 0], ["Source", 0.4], ["Plan", 19], ["Build", 19.5]),
  builds: [build("IN_PROGRESS", BUILDING)],
};

const BROKEN = [
  ...BUILDING,
  ...built("linux-amd64", 3),
  "windows-amd64 failed after 1 s:",
  "# example.com/greet",
  "./main.go:7:2: undefined: \u001b[31mcolour\u001b[0m",
  "report stored as reports/greet/20260131/greet-1/0.tsv after 12 s",
  "[Container] 2026/01/31 12:00:33 Phase complete: BUILD State: SUCCEEDED",
];

/** One of its platforms did not compile, and the build goes on to its end. */
export const onePlatformFailed: Facts = {
  ...building,
  artifacts: [artifact("darwin-arm64")],
  builds: [build("IN_PROGRESS", BROKEN)],
};

/** The same, at the end. */
export const failed: Facts = {
  ...onePlatformFailed,
  steps: steps(["Request", 0], ["Source", 0.4], ["Plan", 19], ["Build", 19.5], ["Pair", 33]),
  artifacts: [artifact("darwin-arm64"), artifact("linux-amd64")],
  builds: [build("SUCCEEDED", BROKEN)],
  ...{ status: "FAILED", endedAt: secondsIn(33.2), error: "BuildFailedError" },
  cause: "windows-amd64 did not compile: ./main.go:7:2: undefined: colour",
};

const untilPatch: Facts = {
  ...untilBuild,
  ...{ paired, artifacts: PLATFORMS.map(artifact) },
  steps: steps(
    ...([
      ["Request", 0],
      ["Source", 0.4],
      ["Plan", 19],
      ["Build", 19.5],
    ] as [StepName, number][]),
    ...([
      ["Pair", 35],
      ["Describe", 36],
      ["Patch", 37],
    ] as [StepName, number][]),
  ),
  builds: [build("SUCCEEDED", [...BUILDING, ...built("linux-amd64", 3), ...built("windows-amd64", 4)])],
};

export const patching: Facts = {
  ...untilPatch,
  patches: [patch("darwin-arm64", "20260130", 17_582), patch("linux-amd64", "20260130", 18_000)],
};

/** Two pairs had no patch: one did not pay, one failed. */
export const done: Facts = {
  ...untilPatch,
  status: "SUCCEEDED",
  endedAt: secondsIn(60.5),
  steps: steps(
    ...([
      ["Request", 0],
      ["Source", 0.4],
      ["Plan", 19],
      ["Build", 19.5],
      ["Pair", 35],
    ] as [StepName, number][]),
    ...([
      ["Describe", 36],
      ["Patch", 37],
      ["Publish", 60],
    ] as [StepName, number][]),
  ),
  patches: PLATFORMS.map((platform) => patch(platform, "20260130", 17_582)),
  output: JSON.stringify({ published: { revision: 2, changed: true } }),
  results: [
    ...PLATFORMS.map((platform) => ({ platform, from: "20260130", outcome: "made" as const, size: 17_582 })),
    { platform: "darwin-arm64", from: "20260129", outcome: "present", size: 30_000 },
    {
      ...{ platform: "linux-amd64", from: "20260129", outcome: "none" },
      reason: "the patch has 3 bytes, the full download 2",
    },
    { platform: "windows-amd64", from: "20260129", outcome: "failed", reason: "Lambda.Unknown" },
  ],
};

/** The source build said no. */
export const refused: Facts = {
  ...base,
  request,
  steps: steps(["Request", 0], ["Source", 0.4], ["Plan", 19]),
  source: [
    { Name: "OUTCOME", Value: "refused" },
    { Name: "REFUSAL", Value: "HeadNotTaggedError" },
  ],
  ...{ status: "FAILED", endedAt: secondsIn(19.3), error: "HeadNotTaggedError" },
  cause: "the head of main has no release tag: tag it, such as v20260131, and push the tag",
};
