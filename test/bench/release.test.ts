import { expect, test } from "vitest";
import { buildParts } from "../../bench/release/build-parts.ts";
import { costOf } from "../../bench/release/cost-of.ts";
import { type Found, type Measured, report } from "../../bench/release/report.ts";
import type { Timed } from "../../bench/release/timed-release.ts";
import { priceOf } from "../../cost/prices.ts";

const ours: Timed = {
  wall: 30,
  states: [
    { name: "Build", seconds: 20 },
    { name: "Patch", seconds: 10 },
  ],
  builds: [2, 61],
  buildParts: [{ name: "compiling linux-amd64", seconds: 18 }],
  recording: [0.5, 0.25],
  patches: [1, 2, 3],
  transitions: 10,
};
const original = { wall: 90, clone: 0, builds: 30, patches: 60 };

test("a build's time is that until each of its lines", () => {
  const lines = [
    [1000, "building age 1 with Go 1.26.8 for linux-amd64 darwin-arm64"],
    [3000, "archive and Go ready after 2 s; nothing is fetched from here on"],
    [13_000, "linux-amd64 built in 10 s, 4,640,894 bytes"],
    [20_000, "darwin-arm64 built in 7 s, 4,640,894 bytes"],
    [20_125, "linux-amd64 stored, 2,015,708 bytes"],
    [22_125, "darwin-arm64 stored, 2,015,708 bytes"],
    [22_625, "report stored as reports/age/1/x/0.tsv after 20 s"],
  ] as const;
  expect(
    buildParts(
      500,
      lines.map(([at, text]) => ({ at, text })),
    ),
  ).toEqual([
    { name: "archive and Go", seconds: 2.5 },
    { name: "compiling linux-amd64", seconds: 10 },
    { name: "compiling darwin-arm64", seconds: 7 },
    { name: "waiting for a store", seconds: 0.125 },
    { name: "waiting for a store", seconds: 2 },
    { name: "the report", seconds: 0.5 },
  ]);
});

test("a release costs its builds' begun minutes, its patches' time, its states and its files", () => {
  const each = [
    3 * priceOf("buildMinutes", 1),
    priceOf("lambdaGigabyteSeconds", (6 * 1769) / 1024),
    priceOf("transitions", 10 + 3 * 2),
    priceOf("s3Puts", 2 * 2 + 3),
  ];
  expect(costOf(ours)).toBeCloseTo(
    each.reduce((sum, one) => sum + one),
    10,
  );
});

test("the report has each cache's ratio by the runs that go together", () => {
  const run = (wall: number, of: number): Measured => ({
    cache: "cold",
    ours: { ...ours, wall },
    original: { ...original, wall: of },
  });
  const found: Found = { machine: "m", what: "age", measured: [run(30, 60), run(30, 120), run(90, 100)] };
  const text = report(found);
  expect(text).toContain("medians of 3 runs");
  expect(text).toMatch(
    /\| cold \| 100\.0 s \(60\.0 s to 120\.0 s\) \| 30\.0 s \(30\.0 s to 90\.0 s\) \| 0\.50 \(0\.25 to 0\.90\) \|/,
  );
  expect(text).toContain("| recording, the slowest | 0.50 s |");
  expect(text).toContain("| one patch, in its function | 2.0 s |");
});
