import { tmpdir } from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { functionFor, lackOf, needsOf, resourcesHere } from "../../../lambda/patch/limits.ts";
import { configSchema } from "../../../lib/config/schema.ts";
import { GREET } from "../../lib/stages.ts";

const MB = 2 ** 20;
const ROOM = { memory: 3008 * MB, files: 10_240 * MB, seconds: 900, megabytes: 3008 };

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("what a pair takes", () => {
  it.each([
    ["nothing but what Node takes for a tiny one", 1, 1, 150],
    ["8 times the base, when the target is no larger", 100 * MB, 100 * MB, 150 + 839],
    ["the sorted base and three times the target, when that is larger", 10 * MB, 200 * MB, 150 + 682],
  ])("of memory: %s", (_, base, target, millions) => {
    expect(Math.round(needsOf(base, target, 1769).memory / 1e6)).toBe(millions);
  });

  it("of files: both, the patch and its result", () => {
    expect(needsOf(5, 7, 1769).files).toBe(5 + 3 * 7);
  });

  it("of time: grows more than in proportion, and with less than one processor", () => {
    const seconds = (size: number, megabytes = 1769) => needsOf(size, size, megabytes).seconds - 10;
    expect(seconds(100e6)).toBeGreaterThan(10 * seconds(10e6));
    expect(seconds(10e6, 512)).toBeCloseTo((seconds(10e6) * 1769) / 512);
    expect(seconds(10e6, 3008)).toBe(seconds(10e6));
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
      "it takes 3009 MB of memory, the patch function has 3008 MB: raise largestBinaryBytes, which sizes it",
    ],
    [
      "files",
      needs({ files: ROOM.files + 1 }),
      "it takes 10241 MB of files, the patch function has room for 10240 MB: raise largestBinaryBytes, which sizes it",
    ],
    ["time", needs({ seconds: 900.5 }), "it may take 901 s, the patch function has 900"],
  ])("is said: %s", (_, more, sentence) => expect(lackOf(more, ROOM)).toBe(sentence));

  it("comes without advice where Lambda has no more", () => {
    const sentence = "it takes 10241 MB of memory, the patch function has 10240 MB";
    const there = { ...ROOM, memory: 10_240 * MB, megabytes: 10_240 };
    expect(lackOf(needs({ memory: there.memory + 1 }), there)).toBe(sentence);
  });
});

describe("the function for a largest binary", () => {
  const { largestBinaryBytes: byDefault } = configSchema.parse({ commands: { greet: GREET } });

  it.each([
    [
      "a tiny one: no less than one processor",
      1e6,
      { megabytes: 1769, temporaryMegabytes: 512, seconds: 40 },
    ],
    [
      "the default: one processor has memory enough",
      byDefault,
      { megabytes: 1769, temporaryMegabytes: 651, seconds: 868 },
    ],
    ["one above Lambda's time", 300e6, { megabytes: 2862, temporaryMegabytes: 1347, seconds: 900 }],
    ["one above Lambda's memory", 2 ** 31, { megabytes: 10_240, temporaryMegabytes: 9638, seconds: 900 }],
  ])("is enough for %s", (_, largest, size) => expect(functionFor(largest)).toEqual(size));

  it.each([
    1e6,
    10e6,
    byDefault,
    300e6,
  ])("is filled by a pair of %i bytes each to less than the alarm's 90 %", (largest) => {
    const { megabytes, temporaryMegabytes } = functionFor(largest);
    const { memory, files } = needsOf(largest, largest, megabytes);
    expect(memory / (megabytes * MB)).toBeLessThan(0.9);
    expect(files / (temporaryMegabytes * MB)).toBeLessThan(0.9);
  });

  it("has the memory of one processor up to 178 million bytes, and is within Lambda's time below 180", () => {
    expect([functionFor(178e6).megabytes, functionFor(179e6).megabytes]).toEqual([1769, 1775]);
    const inTime = (size: number) => needsOf(size, size, 1769).seconds < 900;
    expect([inTime(179e6), inTime(181e6)]).toEqual([true, false]);
  });

  it.each([1, 1e6, 10e6, byDefault, 178e6])("has room for a pair of %i bytes each", (largest) => {
    const { megabytes, temporaryMegabytes, seconds } = functionFor(largest);
    const there = { megabytes, memory: megabytes * MB, files: temporaryMegabytes * MB, seconds: seconds - 1 };
    expect(lackOf(needsOf(largest, largest, megabytes), there)).toBeUndefined();
  });
});

it("the function has what Lambda says, the disk's room, and the time that is left of the call", async () => {
  vi.stubEnv("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "2048");
  const there = await resourcesHere(tmpdir(), Date.now() + 100_000);
  expect(there).toMatchObject({ megabytes: 2048, memory: 2048 * MB });
  expect(Math.round(there.seconds)).toBe(100);
  expect(there.files).toBeGreaterThan(0);
});
