import type { Context } from "aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Resources, Room } from "../../../lambda/patch/limits.ts";
import { METRICS, measureLack, measureRatio, measureRoom } from "../../../lambda/patch/metrics.ts";

let text: string;
beforeEach(() => {
  vi.spyOn(process.stdout, "write").mockImplementation((line) => {
    text = String(line);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

/** What CloudWatch makes of the one line that was written: metrics by name, with their dimensions. */
function extracted() {
  const line = JSON.parse(text);
  const [{ Namespace, Dimensions, Metrics }] = line._aws.CloudWatchMetrics as [
    { Namespace: string; Dimensions: string[][]; Metrics: { Name: string; Unit: string }[] },
  ];
  expect([Namespace, new Set(Metrics.map(({ Unit }) => Unit))]).toEqual(["hkdist", new Set(["Percent"])]);
  const values = Object.fromEntries(Metrics.map(({ Name }) => [Name, line[Name]]));
  return {
    values,
    dimensions: Dimensions.map((set) => Object.fromEntries(set.map((name) => [name, line[name]]))),
  };
}

const NONE = [{}];

describe("what a patch tells of itself", () => {
  it("is how much smaller it made the download, by command", () => {
    measureRatio("greet", 17_582, 1_000_000);
    expect(extracted()).toEqual({ values: { [METRICS.ratio]: 1.8 }, dimensions: [{ cmd: "greet" }] });
  });

  it.each([
    ["memory", 1769, 885 * 1024, 10, 890, { PatchMemory: 50, PatchTime: 1.1, PatchLimit: 50 }],
    ["time", 1769, 177 * 1024, 855, 45, { PatchMemory: 10, PatchTime: 95, PatchLimit: 95 }],
  ])("is what it took of the function, mostly %s", (_, megabytes, kilobytes, seconds, left, values) => {
    vi.spyOn(process, "resourceUsage").mockReturnValue({ maxRSS: kilobytes } as NodeJS.ResourceUsage);
    const context = { memoryLimitInMB: String(megabytes), getRemainingTimeInMillis: () => left * 1000 };
    measureRoom(context as Context, seconds);
    expect(extracted()).toEqual({ values, dimensions: NONE });
  });

  it("is more than all when it was not begun", () => {
    const there = { memory: 1000, files: 1000, seconds: 100, megabytes: 1769 } satisfies Room;
    measureLack({ memory: 2000, files: 10, seconds: 50 } satisfies Resources, there);
    const values = { PatchMemory: 200, PatchTime: 50, PatchLimit: 200 };
    expect(extracted()).toEqual({ values, dimensions: NONE });
  });
});
