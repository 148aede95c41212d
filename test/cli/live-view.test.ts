import { describe, expect, test } from "vitest";
import type { Facts } from "../../cli/execution/facts.ts";
import { progressOf } from "../../cli/execution/progress.ts";
import { tellChanges } from "../../cli/view/changes.ts";
import { plain } from "../../cli/view/paint.ts";
import { heightOf, renderEnd, renderProgress } from "../../cli/view/progress.ts";
import {
  building,
  done,
  failed,
  justStarted,
  onePlatformFailed,
  patching,
  refused,
  secondsIn,
  starting,
} from "./moments.ts";

function picture(facts: Facts, second: number, { columns = 100, rows = 40 } = {}): string {
  const now = secondsIn(second);
  const lines = renderProgress(progressOf(facts, now), { columns, rows, paint: plain }, now);
  return `\n${lines.join("\n")}\n`;
}

function end(facts: Facts, columns = 100): string {
  return `\n${renderEnd(progressOf(facts, secondsIn(100)), columns, plain).join("\n")}\n`;
}

describe("the picture of a release", () => {
  test("when nothing is known yet", () => {
    expect(picture(justStarted, 0.2)).toMatchInlineSnapshot(`
      "
      Release of greet: running, 0.2 s  greet-1

        step      time
      · request
      · source
      · plan
      · build
      · pair
      · describe
      · patch
      · publish
      "
    `);
  });
  test("starting", () => {
    expect(picture(starting, 4)).toMatchInlineSnapshot(`
      "
      Release of greet: running, 4 s  greet-1

        step       time
      ✔ request   0.4 s
      ❯ source    3.6 s  waits for CodeBuild
      · plan
      · build
      · pair
      · describe
      · patch
      · publish

        platform       state    compile  size  download
      · darwin-arm64   waiting
      · linux-amd64    waiting
      · windows-amd64  waiting
      "
    `);
  });
  test("building", () => {
    expect(picture(building, 28)).toMatchInlineSnapshot(`
      "
      Release of greet 20260131: running, 28 s  greet-1

        step       time
      ✔ request   0.4 s
      ✔ source     19 s  v20260131, 0123456789
      ✔ plan      0.5 s  one build
      ❯ build     8.5 s  1 of 3 platforms
      · pair
      · describe
      · patch
      · publish

        platform       state     compile         size     download
      ✔ darwin-arm64   built         3 s  6,000,000 B  2,000,000 B
      ❯ linux-amd64    building
      · windows-amd64  waiting
      "
    `);
  });
  test("one platform failed", () => {
    expect(picture(onePlatformFailed, 31)).toMatchInlineSnapshot(`
      "
      Release of greet 20260131: running, 31 s  greet-1

        step       time
      ✔ request   0.4 s
      ✔ source     19 s  v20260131, 0123456789
      ✔ plan      0.5 s  one build
      ❯ build      12 s  2 of 3 platforms, 1 failed
      · pair
      · describe
      · patch
      · publish

        platform       state     compile         size     download
      ✔ darwin-arm64   recorded      3 s  6,000,000 B  2,000,000 B
      ✔ linux-amd64    built         3 s  6,000,000 B  2,000,000 B
      ✘ windows-amd64  failed        1 s
      "
    `);
  });
  test("patches running", () => {
    expect(picture(patching, 50)).toMatchInlineSnapshot(`
      "
      Release of greet 20260131: running, 50 s  greet-1

        step       time
      ✔ request   0.4 s
      ✔ source     19 s  v20260131, 0123456789
      ✔ plan      0.5 s  one build
      ✔ build      16 s  3 of 3 platforms
      ✔ pair        1 s  3 recorded, 6 patches to make
      ✔ describe    1 s
      ❯ patch      13 s  2 of 6
      · publish

        platform       state     compile         size     download  patches           largest
      ✔ darwin-arm64   recorded      3 s  6,000,000 B  2,000,000 B   1 of 2  17,582 B (0.9 %)
      ✔ linux-amd64    recorded      3 s  6,000,000 B  2,000,000 B   1 of 2  18,000 B (0.9 %)
      ✔ windows-amd64  recorded      4 s  6,000,000 B  2,000,000 B   0 of 2
      "
    `);
  });
  test("done", () => {
    expect(picture(done, 100)).toMatchInlineSnapshot(`
      "
      Release of greet 20260131: succeeded, 1 min 01 s  greet-1

        step       time
      ✔ request   0.4 s
      ✔ source     19 s  v20260131, 0123456789
      ✔ plan      0.5 s  one build
      ✔ build      16 s  3 of 3 platforms
      ✔ pair        1 s  3 recorded, 6 patches to make
      ✔ describe    1 s
      ✔ patch      23 s  6 of 6, 1 failed
      ✔ publish   0.5 s

        platform       state     compile         size     download  patches           largest
      ✔ darwin-arm64   recorded      3 s  6,000,000 B  2,000,000 B   2 of 2  30,000 B (1.5 %)
      ✔ linux-amd64    recorded      3 s  6,000,000 B  2,000,000 B   2 of 2  17,582 B (0.9 %)
      ✔ windows-amd64  recorded      4 s  6,000,000 B  2,000,000 B   2 of 2  17,582 B (0.9 %)
      "
    `);
  });
  test("on a narrow and low terminal", () => {
    expect(picture(patching, 50, { columns: 40, rows: 14 })).toMatchInlineSnapshot(`
      "
      Release of greet 20260131: running, 50 s
      greet-1

        step   time
      ❯ patch  13 s  2 of 6

        platform       state     patches
      ✔ darwin-arm64   recorded   1 of 2
      ✔ linux-amd64    recorded   1 of 2
      ✔ windows-amd64  recorded   0 of 2
      "
    `);
  });
});

describe("what stays below it", () => {
  test("done", () => {
    expect(end(done)).toMatchInlineSnapshot(`
      "
      platform       patch from      size  of download   time  why
      darwin-arm64   20260130    17,582 B        0.9 %  4.2 s
      linux-amd64    20260130    17,582 B        0.9 %  4.2 s
      windows-amd64  20260130    17,582 B        0.9 %  4.2 s
      darwin-arm64   20260129    30,000 B        1.5 %
      linux-amd64    20260129        none                      the patch has 3 bytes, the full download 2
      windows-amd64  20260129      failed                      Lambda.Unknown

      "
    `);
  });
  test("a platform did not compile: the compiler's words, without what could colour the terminal", () => {
    expect(end(failed)).toMatchInlineSnapshot(`
      "
      windows-amd64:
        # example.com/greet
        ./main.go:7:2: undefined: colour

      BuildFailedError: 1 platform did not compile; the others are kept.

      "
    `);
  });
  test("the source was refused", () => {
    expect(picture(refused, 100) + end(refused)).toMatchInlineSnapshot(`
      "
      Release of greet: failed, 19 s  greet-1

        step       time
      ✔ request   0.4 s
      ✘ source     19 s
      · plan
      · build
      · pair
      · describe
      · patch
      · publish

      HeadNotTaggedError: the head of main has no release tag: tag it, such as v20260131, and push the tag

      "
    `);
  });
});

test.each([
  [100, 40],
  [60, 24],
  [40, 20],
  [40, 12],
])("on %d columns and %d rows nothing is higher or wider than the terminal", (columns, rows) => {
  for (const facts of [justStarted, starting, building, onePlatformFailed, patching]) {
    const now = secondsIn(50);
    const lines = renderProgress(progressOf(facts, now), { columns, rows, paint: plain }, now);
    expect(heightOf(lines, columns)).toBeLessThanOrEqual(rows);
  }
});

test("in a log each change is a line, once", () => {
  const moments: [Facts, number][] = [
    [justStarted, 0],
    [starting, 4],
    [building, 28],
    [building, 29],
    [patching, 50],
    [done, 61],
  ];
  let before: ReturnType<typeof progressOf> | undefined;
  const lines = moments.flatMap(([facts, second]) => {
    const progress = progressOf(facts, secondsIn(second));
    const told = tellChanges(before, progress);
    before = progress;
    return told;
  });
  expect(`\n${lines.join("\n")}\n`).toMatchInlineSnapshot(`
    "
    request done (0.4 s)
    source running (waits for CodeBuild)
    source done (19 s, v20260131, 0123456789)
    plan done (0.5 s, one build)
    build running (1 of 3 platforms)
      darwin-arm64 built (compiled in 3 s, 6,000,000 B, download 2,000,000 B)
      linux-amd64 building
      darwin-arm64 recorded (compiled in 3 s, 6,000,000 B, download 2,000,000 B)
      linux-amd64 recorded (compiled in 3 s, 6,000,000 B, download 2,000,000 B)
      windows-amd64 recorded (compiled in 4 s, 6,000,000 B, download 2,000,000 B)
    build done (16 s, 3 of 3 platforms)
    pair done (1 s, 3 recorded, 6 patches to make)
    describe done (1 s)
    patch running (2 of 6)
      patch 20260130 -> 20260131 darwin-arm64 made (17,582 B, 0.9 % of the download, 4.2 s)
      patch 20260130 -> 20260131 linux-amd64 made (18,000 B, 0.9 % of the download, 4.2 s)
      patch 20260130 -> 20260131 windows-amd64 made (17,582 B, 0.9 % of the download, 4.2 s)
      patch 20260129 -> 20260131 darwin-arm64 present (30,000 B, 1.5 % of the download)
      patch 20260129 -> 20260131 linux-amd64 none (the patch has 3 bytes, the full download 2)
      patch 20260129 -> 20260131 windows-amd64 failed (Lambda.Unknown)
    patch done (23 s, 6 of 6, 1 failed)
    publish done (0.5 s)
    "
  `);
});
