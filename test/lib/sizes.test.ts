import { beforeAll, describe, expect, it } from "vitest";
import { lackOf } from "../../lambda/patch/limits.ts";
import type { Current, Yank } from "../../lambda/shared/current.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  currentItemKey,
  laterProvenanceObjectKey,
  patchItemKey,
  patchObjectKey,
  planObjectKey,
  provenanceObjectKey,
  reportObjectKey,
  sbomObjectKey,
} from "../../lambda/shared/keys.ts";
import { LONGEST_REASON, LONGEST_YANK_REASON, MOST_BASES, MOST_PAIRS } from "../../lambda/shared/limits.ts";
import type {
  Bases,
  Described,
  Paired,
  PatchResult,
  Plan,
  Promoted,
  ReleasableCommand,
  ReleaseRequest,
  TargetedPair,
  Withdrawn,
} from "../../lambda/shared/payloads.ts";
import { C_PLATFORMS, GO_PLATFORMS } from "../../lib/config/go-platforms.ts";
import { fileText } from "../lambda/support.ts";
import { type Answer, evaluate, type Question } from "./jsonata.ts";
import { CONFIG, GREET, machineOf } from "./stages.ts";
import { type Machine, type State, Template } from "./template.ts";

/** Bytes that Step Functions takes from state to state, and keeps in a variable. */
const MOST_BYTES = 262_144;
const MOST_EVENTS = 25_000;

const PLATFORMS = [...GO_PLATFORMS]
  .filter((platform) => !C_PLATFORMS.has(platform))
  .toSorted((a, b) => b.length - a.length)
  .slice(0, 20);
const CMD = "c".repeat(64);
const EXECUTION = "e".repeat(80);
const ARN = `arn:aws-us-gov:states:us-gov-west-1:123456789012:execution:${"m".repeat(80)}:${EXECUTION}`;
/** A tag's longest version, and the longest that can be recorded. */
const VERSION = "20261231.999999999";
const version = (n: number) => `${999_999_999 - n}.999999999`;
const SHA256 = Buffer.alloc(32).toString("base64");

let template: Template;
let machines: { machine: Machine; states: Record<string, State> }[];
beforeAll(() => {
  const config = {
    ...CONFIG,
    commands: { [CMD]: { ...GREET, platforms: PLATFORMS } },
    buildConcurrency: 40,
    patchBases: MOST_BASES,
  };
  template = new Template(config, { endpointUrl: undefined });
  machines = ["ReleaseMachine", "PromotionMachine"].map((name) => machineOf(template, name));
});

// The compiler holds all of these against what the handlers return.
const command: ReleasableCommand = {
  repository: `https://example.com/${"r".repeat(200)}.git`,
  platforms: PLATFORMS,
  sourceProject: "s".repeat(150),
  buildProject: "b".repeat(150),
};
const ids = PLATFORMS.map((platform) => ({ cmd: CMD, version: VERSION, platform }));
const pairs: TargetedPair[] = PLATFORMS.flatMap((platform) =>
  Array.from({ length: MOST_BASES }, (_, n) => ({ platform, from: version(n), to: VERSION })),
);
const request: ReleaseRequest = {
  ...command,
  cmd: CMD,
  tag: `v${VERSION}`,
  version: VERSION,
  publish: true,
  recorded: false,
  bases: Array.from({ length: MOST_BASES }, (_, n) => version(n)),
};
const plan: Plan = {
  version: VERSION,
  batches: PLATFORMS.map((_, n) => ({
    planKey: planObjectKey(CMD, EXECUTION, n),
    reportKey: reportObjectKey(CMD, VERSION, EXECUTION, n),
  })),
};
const paired: Paired = {
  artifacts: PLATFORMS.map((platform) => ({ platform, sha256: SHA256, size: 2 ** 31, gzSize: 2 ** 31 })),
  pairs: pairs.map(({ platform, from }) => ({ platform, from })),
};
const described: Described = {
  documents: [
    provenanceObjectKey(CMD, VERSION),
    ...ids.flatMap((id) => [sbomObjectKey(id), laterProvenanceObjectKey(id)]),
  ],
};
const versions = Object.fromEntries(PLATFORMS.map((platform) => [platform, VERSION]));
const promoted: Promoted = {
  cmd: CMD,
  version: VERSION,
  action: "promote",
  revision: 999_999_999,
  changed: true,
  from: versions,
  to: versions,
};
const withdrawn: Withdrawn = { marked: 9999, unmarked: 9999, invalidated: 9999 };
const bases: Bases = { pairs };
/** A failed pair is the longest: every character of the reason is one byte in JSON. */
const failed = (pair: TargetedPair | Paired["pairs"][number]): PatchResult => ({
  ...pair,
  outcome: "failed",
  reason: "x".repeat(LONGEST_REASON),
});

/** What a state's task or Map gives back. */
const RESULTS: Record<string, unknown> = {
  Request: { Payload: request },
  Source: { Build: { ExportedEnvironmentVariables: [{ Name: "REASON", Value: "x".repeat(8000) }] } },
  Plan: { Payload: plan },
  Pair: { Payload: paired },
  Describe: { Payload: described },
  Publish: { Payload: { revision: 999_999_999, changed: true } },
  Promote: { Payload: promoted },
  Withdraw: { Payload: withdrawn },
  // They never return.
  ExplainSource: { Payload: null },
  ExplainBuild: { Payload: null },
  Bases: { Payload: bases },
  MakePatch: { Payload: failed(pairs[0] as TargetedPair) },
};

/** Every expression in a part of a state, with the place where it stands. */
function expressionsIn(value: unknown, place = ""): { place: string; expression: string }[] {
  if (typeof value === "string") return value.startsWith("{%") ? [{ place, expression: value }] : [];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => expressionsIn(inner, `${place}.${name}`));
}

const bytes = (value: unknown) => Buffer.byteLength(JSON.stringify(value) ?? "");

describe(`with ${PLATFORMS.length} platforms x ${MOST_BASES} bases`, () => {
  it("there are as many pairs as are allowed", () => expect(pairs).toHaveLength(MOST_PAIRS));

  it("what every state takes, hands on and keeps fits into 256 KiB", () => {
    const sizes: Record<string, number> = {};
    for (const [n, { states }] of machines.entries()) {
      const isRelease = n === 0;
      const patches = (isRelease ? paired.pairs : pairs).map(failed);
      const everything = { request, plan, paired, described, patches, promoted, withdrawn, bases };
      const variables = {
        ...everything,
        published: { revision: 999_999_999, changed: true },
        failure: { Error: "SomeError", Cause: "x".repeat(32_768) },
        buildFailure: { Error: "SomeError", Cause: "x".repeat(32_768) },
      };
      const context = {
        Execution: { Name: EXECUTION, Id: ARN, StartTime: "2026-01-31T12:00:00.000Z" },
        Map: { Item: { Value: { ...pairs[0], ...plan.batches[0] } } },
      };
      const asked: { where: string; question: Question }[] = [];
      for (const [name, state] of Object.entries(states)) {
        const result = name === "Patch" ? patches : (RESULTS[name] ?? {});
        const input = {
          Source: request,
          Plan: RESULTS["Source"],
          BuildBatch: plan.batches[0],
          MakePatch: { pair: pairs[0] },
          PatchFailed: { pair: pairs[0], reason: "x".repeat(LONGEST_REASON) },
        }[name];
        const states_ = { input: input ?? {}, result, context, errorOutput: variables.failure };
        for (const part of ["Arguments", "Output", "Assign", "Items", "ItemSelector"]) {
          for (const { place, expression } of expressionsIn(state[part], `${name}.${part}`)) {
            asked.push({
              where: place,
              question: { expression, variables: { ...variables, states: states_ } },
            });
          }
        }
        // The next state's input, when there is no Output: a Map's result is the longest.
        if (state.Output === undefined) sizes[`${name}.result ${n}`] = bytes(result);
      }
      const answers = evaluate(asked.map(({ question }) => question));
      for (const [index, { where }] of asked.entries()) {
        const answer = answers[index] as Answer;
        expect(answer, where).toHaveProperty("value");
        const whole = `${where.split(".").slice(0, 2).join(".")} ${n}`;
        // Parts of one document travel together.
        sizes[whole] = (sizes[whole] ?? 0) + where.length + bytes((answer as { value: unknown }).value);
      }
      for (const [name, value] of Object.entries(variables)) sizes[`$${name} ${n}`] = bytes(value);
    }
    const largest = Object.entries(sizes).toSorted(([, a], [, b]) => b - a);
    expect(largest.length).toBeGreaterThan(50);
    for (const [where, size] of largest) expect(size, where).toBeLessThan(MOST_BYTES);
    // The reasons are what takes the room.
    expect(largest[0]?.[1]).toBeGreaterThan(MOST_BYTES * 0.75);
  });

  it("a pair that is not tried says why in no more room than one that failed", () => {
    const most = { memory: 2 ** 45, files: 2 ** 45, seconds: 99_999, megabytes: 512 };
    for (const lacking of ["memory", "files", "seconds"] as const) {
      const reason = lackOf(most, { ...most, [lacking]: most[lacking] - 1 }) ?? "";
      expect(reason).not.toBe("");
      expect(bytes(reason), reason).toBeLessThanOrEqual(LONGEST_REASON + 2);
    }
  });

  it("an execution has fewer than 25,000 events, even when every state is entered and tried to the last", () => {
    for (const { machine } of machines) {
      const events = 2 + Object.values(machine.States).reduce((sum, state) => sum + eventsOf(state), 0);
      expect(events).toBeLessThan(MOST_EVENTS);
    }
  });

  it("a hundred commands fit into the release machine's first payload and definition", () => {
    const commands = Object.fromEntries(
      Array.from({ length: 100 }, (_, n) => [`${CMD.slice(3)}${n}`, command]),
    );
    expect(bytes({ input: {}, commands })).toBeLessThan(MOST_BYTES);
    expect(bytes(commands) + bytes(machines[0]?.machine)).toBeLessThan(2 ** 20);
  });
});

/** At most four events tell of an attempt: scheduled, started, submitted (builds), ended. */
const EVENTS_OF_ATTEMPT = { build: 4, function: 3 };

/** Events of a state that is entered once and uses every retry; of a Map, with all its items. */
function eventsOf(state: State): number {
  const { Type, Retry = [], ItemProcessor, Items, Resource } = { Items: "", Resource: "", ...state };
  if (Type === "Task") {
    const attempts = 1 + Retry.reduce((sum, { MaxAttempts }) => sum + MaxAttempts, 0);
    return 2 + attempts * EVENTS_OF_ATTEMPT[String(Resource).endsWith(".sync") ? "build" : "function"];
  }
  if (Type === "Map") {
    const inner = Object.values(ItemProcessor?.States ?? {});
    // A build that is explained ends the release, so that is not one that goes on to patches.
    const goesOn = inner.filter(({ Arguments }) => Arguments?.FunctionName !== "ExplainFunction.Arn");
    const count = String(Items).includes("pairs") ? MOST_PAIRS : 40;
    return 4 + count * (2 + goesOn.reduce((sum, one) => sum + eventsOf(one), 0));
  }
  return 2;
}

/**
 * Bytes of an attribute as DynamoDB counts them: docs.aws.amazon.com, "DynamoDB item sizes and formats". Text has its UTF-8,
 * a number half a byte for each digit and one, a map three bytes and its members, each with its name and one byte more.
 */
function storedBytes(value: unknown): number {
  if (typeof value === "string") return Buffer.byteLength(value);
  if (typeof value === "number") return Math.ceil(String(value).length / 2) + 1;
  const members = Object.entries(value as object);
  return members.reduce((sum, [name, one]) => sum + Buffer.byteLength(name) + storedBytes(one) + 1, 3);
}

describe("what is current of a command, with withdrawn versions", () => {
  /** What docs/invariants.md and lambda/shared/limits.ts say. */
  const [MOST_OF_ONE, FIT] = [800, 500];
  const yank: Yank = { reason: "x".repeat(LONGEST_YANK_REASON), at: "2026-01-31T12:00:00.000Z", by: ARN };
  const current = (withdrawn: number): Current => ({
    cmd: CMD,
    revision: 999_999_999,
    platforms: Object.fromEntries(
      PLATFORMS.map((platform) => [platform, { version: VERSION, sha256: SHA256 }]),
    ),
    yanked: Object.fromEntries(Array.from({ length: withdrawn }, (_, n) => [version(n), yank])),
  });
  const size = (withdrawn: number) => storedBytes({ ...currentItemKey(CMD), ...current(withdrawn) });

  it(`grows by at most ${MOST_OF_ONE} bytes for each, and ${FIT} of the longest fit into DynamoDB's 400 KB`, () => {
    expect(size(2) - size(1)).toBeLessThanOrEqual(MOST_OF_ONE);
    expect(size(FIT)).toBeLessThan(400 * 1024);
  });

  it("as the page on invariants says", () => {
    expect(fileText("docs/invariants.md").replaceAll(/\s+/g, " ")).toContain(
      `keeps at most ${MOST_OF_ONE} bytes in its command's \`current\`, which every client's question reads: ${FIT} of the longest fit.`,
    );
  });
});

describe("names", () => {
  it("of states have at most 80 characters", () => {
    for (const { states } of machines)
      for (const name of Object.keys(states)) expect(name.length).toBeLessThanOrEqual(80);
  });

  it("of objects and items have at most 1,024 bytes, however long what they are made of", () => {
    const long = { cmd: CMD, version: version(0), platform: "p".repeat(64) };
    const patch = { cmd: CMD, from: version(0), to: version(1), platform: long.platform };
    const keys = [
      artifactObjectKey(long),
      sbomObjectKey(long),
      provenanceObjectKey(CMD, version(0)),
      laterProvenanceObjectKey(long),
      patchObjectKey(patch),
      planObjectKey(CMD, EXECUTION, 39),
      reportObjectKey(CMD, version(0), EXECUTION, 39),
      artifactItemKey(long).sk,
      patchItemKey(patch).sk,
    ];
    for (const key of keys) expect(Buffer.byteLength(key), key).toBeLessThan(1024);
  });

  it("and values in a function's environment have at most 4 KB", () => {
    for (const [name, { Properties }] of template.ofType("AWS::Lambda::Function")) {
      const { Variables } = Properties["Environment"] as { Variables: Record<string, string> };
      // In the template most are references: a table's name or a queue's URL has at most 255 characters.
      const size = Object.entries(Variables).reduce(
        (sum, [key, value]) => sum + key.length + Math.max(value.length, 255),
        0,
      );
      expect(size, name).toBeLessThan(4096);
    }
  });
});
