import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  functionFor,
  LARGEST_PAIR,
  LIMIT_SECONDS,
  lackOf,
  needsOf,
  resourcesHere,
} from "../../../lambda/patch/limits.ts";
import { configSchema } from "../../../lib/config/schema.ts";
import { GREET } from "../../lib/stages.ts";

const MB = 2 ** 20;
const ROOM = { memory: 2000 * MB, files: 1024 * MB, seconds: 900, megabytes: 2000 };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("what a pair takes", () => {
  it.each([
    ["nothing but what Node takes for a tiny one", 1, 1, 150],
    ["8 times the base, when the target is no larger", 100 * MB, 100 * MB, 150 + 839],
    ["the sorted base and three times the target, when that is larger", 10 * MB, 200 * MB, 150 + 682],
  ])("of memory: %s", (_, base, target, millions) => {
    expect(Math.round(needsOf(base, target).memory / 1e6)).toBe(millions);
  });

  it("of files: both, the patch and its result", () => {
    expect(needsOf(5, 7).files).toBe(5 + 3 * 7);
  });

  it("of time: grows more than in proportion", () => {
    const seconds = (size: number) => needsOf(size, size).seconds - 10;
    expect(seconds(100e6)).toBeGreaterThan(10 * seconds(10e6));
  });
});

describe("what it lacks", () => {
  const needs = (more: Partial<typeof ROOM>) => ({ memory: MB, files: MB, seconds: 1, ...more });

  it("is nothing where there is exactly as much as it takes", () => {
    expect(lackOf(ROOM, ROOM)).toBeUndefined();
  });

  it.each([
    [
      "memory",
      needs({ memory: ROOM.memory + 1 }),
      "it takes 2001 MB of memory, the patch function has 2000 MB: raise largestBinaryBytes, which sizes it",
    ],
    [
      "files",
      needs({ files: ROOM.files + 1 }),
      "it takes 1025 MB of files, the patch function has room for 1024 MB: raise largestBinaryBytes, which sizes it",
    ],
    ["time", needs({ seconds: 900.5 }), "it may take 901 s, the patch function has 900"],
  ])("is said: %s", (_, more, sentence) => expect(lackOf(more, ROOM)).toBe(sentence));

  it("is first what no configuration can give", () => {
    expect(lackOf(needs({ memory: ROOM.memory + 1, seconds: 1000 }), ROOM)).toContain("it may take 1000 s");
  });

  it("comes without advice where the function is as large as it gets", () => {
    const sentence = "it takes 2459 MB of memory, the patch function has 2458 MB, and gets no more";
    const there = { ...ROOM, memory: 2458 * MB, megabytes: 2458 };
    expect(lackOf(needs({ memory: there.memory + 1 }), there)).toBe(sentence);
  });
});

describe("the function for a largest binary", () => {
  const { largestBinaryBytes: byDefault } = configSchema.parse({ commands: { greet: GREET } });
  const ABOVE_TIME = { megabytes: 2458, temporaryMegabytes: 1145 };

  it.each([
    ["a tiny one: no less than one processor", 1e6, { megabytes: 1769, temporaryMegabytes: 512 }],
    ["the default: one processor has memory enough", byDefault, { megabytes: 1769, temporaryMegabytes: 799 }],
    ["a larger one", 200e6, { megabytes: 1964, temporaryMegabytes: 898 }],
    ["the largest for which there is time", LARGEST_PAIR, ABOVE_TIME],
    ["one for which there is not", 2 ** 31, ABOVE_TIME],
  ])("is enough for %s", (_, largest, size) => expect(functionFor(largest)).toEqual(size));

  it("has more memory than one processor's for what is larger than the default", () => {
    expect(functionFor(byDefault + 1e6).megabytes).toBeGreaterThan(functionFor(byDefault).megabytes);
  });

  it("has time for the largest pair, with 20 s to start in, and for none a twentieth larger", () => {
    const inTime = (size: number) => needsOf(size, size).seconds < LIMIT_SECONDS - 20;
    expect([inTime(LARGEST_PAIR), inTime(1.05 * LARGEST_PAIR)]).toEqual([true, false]);
  });

  it.each([
    1e6,
    10e6,
    byDefault,
    200e6,
    LARGEST_PAIR,
  ])("has room for a pair of %i bytes each, which fills it to less than the alarm's 90 %", (largest) => {
    const { megabytes, temporaryMegabytes } = functionFor(largest);
    const there = {
      megabytes,
      memory: megabytes * MB,
      files: temporaryMegabytes * MB,
      seconds: LIMIT_SECONDS,
    };
    const needs = needsOf(largest, largest);
    expect(lackOf(needs, there)).toBeUndefined();
    expect(needs.memory / there.memory).toBeLessThan(0.9);
    expect(needs.files / there.files).toBeLessThan(0.9);
  });
});

it("the function has what Lambda says, the disk's room, and the time that is left of the call", async () => {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048");
  const there = await resourcesHere(tmpdir(), Date.now() + 100_000);
  expect(there).toMatchObject({ megabytes: 2048, memory: 2048 * MB });
  expect(Math.round(there.seconds)).toBe(100);
  expect(there.files).toBeGreaterThan(0);
});
