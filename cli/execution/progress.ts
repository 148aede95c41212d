import type { Promoted } from "../../lambda/shared/payloads.ts";
import { compareVersions } from "../../lambda/shared/version.ts";
import { type Asked, askedFor } from "./asked.ts";
import { CODEBUILDS_OWN, readBuildLog } from "./build-log.ts";
import type { BuildFacts } from "./builds.ts";
import type { Facts, StepFacts } from "./facts.ts";
import { type Move, movesOf } from "./moves.ts";
import { isRunning, type StatusWord, statusWord } from "./status.ts";
import { type Machine, STEPS, type StepName } from "./steps.ts";

/** How far an execution is, as people see it. Sizes in bytes, times in milliseconds. */
export interface Progress {
  arn: string;
  name: string;
  machine: Machine;
  asked: Asked;
  action: Asked["action"] | "rollback";
  status: StatusWord;
  /** Undefined as long as nobody knows it. */
  cmd: string | undefined;
  version: string | undefined;
  startedAt: Date;
  endedAt: Date | undefined;
  steps: Step[];
  platforms: Platform[];
  patches: PatchProgress[];
  /** The lines that tell why a build failed. */
  log: { title: string; lines: string[] }[];
  error: { name: string; cause: string } | undefined;
  /** What became of `current`; undefined as long as that is open. */
  published: "changed" | "already" | "unasked" | undefined;
  /** What a promotion moved, by platform. */
  moves: Move[];
}

export interface Step {
  name: StepName;
  state: "waiting" | "running" | "done" | "failed" | "skipped";
  milliseconds: number | undefined;
  /** What came out of it, or how far it is. */
  note: string;
}

export interface Platform {
  platform: string;
  state: "waiting" | "building" | "built" | "recorded" | "failed";
  /** Of the compile. */
  milliseconds: number | undefined;
  size: number | undefined;
  gzSize: number | undefined;
}

export interface PatchProgress {
  platform: string;
  from: string;
  to: string;
  state: "waiting" | "made" | "present" | "none" | "failed";
  size: number | undefined;
  /** Bytes of the full download that it replaces. */
  gzSize: number | undefined;
  milliseconds: number | undefined;
  /** Why there is none. */
  reason: string | undefined;
}

/** Lines of a log that are shown of a failed build. */
const MOST_LINES = 20;

/** Concludes from what AWS tells. @param now for what is still running */
export function progressOf(facts: Facts, now: Date): Progress {
  const { arn, name, machine, startedAt, endedAt, request, plan, promoted } = facts;
  const asked = askedFor(machine, facts.input);
  const platforms = platformsOf(facts);
  const patches = patchesOf(facts);
  return {
    ...{ arn, name, machine, startedAt, endedAt, platforms, patches },
    asked,
    action: promoted !== undefined && goesBack(promoted) ? "rollback" : (promoted?.action ?? asked.action),
    status: statusWord(facts.status),
    cmd: request?.cmd ?? promoted?.cmd ?? asked.cmd,
    version: plan?.version ?? promoted?.version ?? asked.version,
    steps: stepsOf(facts, platforms, patches, now),
    log: facts.status === "SUCCEEDED" ? [] : logOf(facts),
    error: errorOf(facts),
    published: publishedOf(facts),
    moves: promoted === undefined ? [] : movesOf(promoted),
  };
}

/** Whether a promotion took clients to an older version. */
function goesBack({ action, from, version }: Promoted): boolean {
  return action === "promote" && Object.values(from).some((one) => compareVersions(version, one) < 0);
}

function stepsOf(facts: Facts, platforms: Platform[], patches: PatchProgress[], now: Date): Step[] {
  const { machine, steps, status, endedAt } = facts;
  const isOver = !isRunning(facts);
  const blamed = blamedStep(facts, platforms);
  const broken = blamed ?? (status === "SUCCEEDED" || !isOver ? undefined : steps.at(-1)?.name);
  const names = namesOf(machine, steps);
  return names.map((name, index) => {
    const step = steps.find((one) => one.name === name);
    const later = names.slice(index + 1).some((other) => steps.some((one) => one.name === other));
    const isMessenger = blamed !== undefined && name === names[names.indexOf(blamed) + 1];
    if (step === undefined || isMessenger) {
      const passed = status === "SUCCEEDED" || later;
      return { name, state: passed ? "skipped" : "waiting", milliseconds: undefined, note: "" };
    }
    const isOn = step.exitedAt === undefined && !isOver;
    const until = step.exitedAt ?? (isOver ? endedAt : undefined) ?? now;
    return {
      name,
      state: name === broken ? "failed" : isOn ? "running" : "done",
      milliseconds: until.getTime() - step.enteredAt.getTime(),
      note: noteOf(name, facts, platforms, patches, isOn),
    };
  });
}

/** In their order: where a deployment publishes before its patches are made (`publishWhen`), Patch comes last. */
function namesOf(machine: Machine, steps: readonly StepFacts[]): readonly StepName[] {
  const names: readonly StepName[] = STEPS[machine];
  const entered = steps.map(({ name }) => name);
  const isEarly =
    entered.includes("Publish") && !entered.slice(0, entered.indexOf("Publish")).includes("Patch");
  return isEarly ? [...names.filter((name) => name !== "Patch"), "Patch"] : names;
}

/** The step at fault where another one ends the execution: these say no by what they leave, and the next one reads it. */
function blamedStep(facts: Facts, platforms: Platform[]): StepName | undefined {
  if (exported(facts, "OUTCOME") === "refused") return "Source";
  const isBuilt = facts.steps.some(({ name, exitedAt }) => name === "Build" && exitedAt !== undefined);
  return isBuilt && platforms.some(({ state }) => state === "failed") ? "Build" : undefined;
}

function noteOf(
  name: StepName,
  facts: Facts,
  platforms: Platform[],
  patches: PatchProgress[],
  isOn: boolean,
): string {
  switch (name) {
    case "Promote":
      return facts.promoted && movesOf(facts.promoted).length > 0 ? "clients are told from now on" : "";
    case "Source":
      return sourceNote(facts, isOn);
    case "Plan": {
      if (facts.plan === undefined) return "";
      const batches = facts.plan.batches.length;
      return batches === 0 ? "nothing to build" : batches === 1 ? "one build" : `${batches} builds`;
    }
    case "Build": {
      const built = platforms.filter(({ state }) => state === "built" || state === "recorded").length;
      const failed = platforms.filter(({ state }) => state === "failed").length;
      if (facts.plan?.batches.length === 0) return "";
      const waits = isOn ? waitNote(facts, "Build") : "";
      return waits || `${built} of ${platforms.length} platforms${failed > 0 ? `, ${failed} failed` : ""}`;
    }
    case "Pair": {
      const { paired } = facts;
      if (paired === undefined) return isOn ? "waits for what was stored to be recorded" : "";
      return `${paired.artifacts.length} recorded, ${paired.pairs.length === 0 ? "no patches" : `${paired.pairs.length} patches`} to make`;
    }
    case "Patch": {
      const done = patches.filter(({ state }) => state !== "waiting").length;
      const failed = patches.filter(({ state }) => state === "failed").length;
      return patches.length === 0
        ? ""
        : `${done} of ${patches.length}${failed > 0 ? `, ${failed} failed` : ""}`;
    }
    default:
      return "";
  }
}

function sourceNote(facts: Facts, isOn: boolean): string {
  if (isOn) return waitNote(facts, "Source");
  const [tag, commit, signer] = ["TAG", "COMMIT", "SIGNER"].map((variable) => exported(facts, variable));
  return [tag, commit?.slice(0, 10), signer && `signed by ${signer}`].filter(Boolean).join(", ");
}

/** What a build waits for before it says anything itself: minutes, when others are being built. */
function waitNote({ builds }: Facts, step: BuildFacts["step"]): string {
  const mine = builds.filter((one) => one.step === step);
  if (mine.some(({ lines }) => lines.some((line) => !line.startsWith(CODEBUILDS_OWN)))) return "";
  const phase = mine.at(-1)?.phase;
  return phase ? `CodeBuild: ${phase.toLowerCase().replaceAll("_", " ")}` : "waits for CodeBuild";
}

/** One of the variables that the source build exports; undefined when it is empty or missing. */
function exported({ source = [] }: Facts, variable: string): string | undefined {
  return source.find(({ Name }) => Name === variable)?.Value || undefined;
}

function platformsOf(facts: Facts): Platform[] {
  const { request, artifacts, builds, paired } = facts;
  const logs = builds
    .filter(({ step }) => step === "Build")
    .map((build) => ({ build, log: readBuildLog(build.lines) }));
  return (request?.platforms ?? []).map((platform) => {
    const row = artifacts.find((one) => one.platform === platform);
    const mine = logs.find(({ log }) => log.platforms.some((one) => one.platform === platform));
    const outcome = mine?.log.platforms.find((one) => one.platform === platform)?.outcome;
    const next = mine?.log.platforms.find((one) => one.outcome === undefined)?.platform;
    const isBuilding = next === platform && mine?.build.status === "IN_PROGRESS" && isRunning(facts);
    const about = { platform, milliseconds: outcome && outcome.seconds * 1000 };
    if (outcome?.built === false) return { ...about, state: "failed", size: undefined, gzSize: undefined };
    // Rows of before may be looked at again; what Pair has taken is settled.
    const isRecorded =
      row !== undefined && (paired !== undefined || mine === undefined || outcome !== undefined);
    if (isRecorded) return { ...about, state: "recorded", size: row.size, gzSize: row.gzSize };
    if (outcome?.built) return { ...about, state: "built", size: outcome.size, gzSize: outcome.gzSize };
    return { ...about, state: isBuilding ? "building" : "waiting", size: undefined, gzSize: undefined };
  });
}

function patchesOf(facts: Facts): PatchProgress[] {
  const { paired, plan, bases, patches: rows, artifacts, results = [], steps } = facts;
  const pairs = bases?.pairs ?? (paired?.pairs ?? []).map((pair) => ({ ...pair, to: plan?.version ?? "" }));
  const begun = steps.find(({ name }) => name === "Patch")?.enteredAt.toISOString();
  return pairs.map(({ platform, from, to }) => {
    const isIt = (one: { platform: string; from: string; to?: string }) =>
      one.platform === platform && one.from === from && (one.to ?? to) === to;
    // A row of before says why there was none then.
    const row = rows.find((one) => isIt(one) && begun !== undefined && one.recordedAt >= begun);
    const result = results.find(isIt);
    const stored = row !== undefined && "size" in row ? row : undefined;
    const none = row !== undefined && "none" in row ? row.none : undefined;
    return {
      ...{ platform, from, to },
      state: result?.outcome ?? (stored ? "made" : none ? "none" : "waiting"),
      size: result !== undefined && "size" in result ? result.size : stored?.size,
      gzSize: artifacts.find((one) => one.platform === platform && one.version === to)?.gzSize,
      milliseconds: stored?.milliseconds,
      reason: result !== undefined && "reason" in result ? result.reason : none,
    };
  });
}

/** Why builds failed, in their own words: each platform's, or the end of the log of one that did not come to its end. */
function logOf({ builds, status }: Facts): Progress["log"] {
  const told = builds.flatMap(({ step, status: buildStatus, lines }) => {
    const failed = readBuildLog(lines).platforms.flatMap(({ platform, outcome }) =>
      outcome?.built === false ? { title: platform, lines: outcome.messages.slice(-MOST_LINES) } : [],
    );
    if (failed.length > 0 || buildStatus === "IN_PROGRESS" || buildStatus === "SUCCEEDED") return failed;
    const title = step === "Source" ? "the source build" : "the build";
    return status === "ABORTED" ? [] : [{ title, lines: lines.slice(-MOST_LINES) }];
  });
  // A hook that fails says the same for all platforms.
  const byLines = Map.groupBy(told, ({ lines }) => lines.join("\n"));
  return [...byLines.values()].map((same) => ({
    title: same.map(({ title }) => title).join(", "),
    lines: same[0]?.lines ?? [],
  }));
}

function errorOf({ status, error, cause }: Facts): Progress["error"] {
  if (status === "FAILED") {
    return { name: error ?? "Error", cause: cause ?? "no cause was given: see the execution's history" };
  }
  if (status === "TIMED_OUT") {
    return {
      name: error ?? "TimedOut",
      cause: "it did not come to its end in time; starting it again goes on where it ended",
    };
  }
  // Who stopped it may have said why.
  if (status === "ABORTED" && (error || cause)) return { name: error ?? "Stopped", cause: cause ?? "" };
  return undefined;
}

function publishedOf({ status, output, promoted }: Facts): Progress["published"] {
  if (promoted !== undefined) return promoted.changed ? "changed" : "already";
  if (status !== "SUCCEEDED" || output === undefined) return undefined;
  const { published } = JSON.parse(output) as { published?: false | { changed: boolean } };
  return published ? (published.changed ? "changed" : "already") : "unasked";
}
