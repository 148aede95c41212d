import { expect, test } from "vitest";
import { newExecutionName } from "../../cli/execution/name.ts";
import { ago, bytes, count, duration, moment, percent } from "../../cli/view/format.ts";
import { tellMoves } from "../../cli/view/moves.ts";
import { harmless, paintFor } from "../../cli/view/paint.ts";
import { type Column, table } from "../../cli/view/table.ts";

test.each([
  [0, "0 s"],
  [40, "0.0 s"],
  [2000, "2 s"],
  [9940, "9.9 s"],
  [9960, "10 s"],
  [59_400, "59 s"],
  [59_600, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [7_380_000, "2 h 03 min"],
  [-5, "0 s"],
])("%d ms are %s", (milliseconds, text) => {
  expect(duration(milliseconds)).toBe(text);
});

test("sizes, parts, counts and moments are written in one way", () => {
  expect(bytes(1_234_567)).toBe("1,234,567 B");
  expect(percent(17_582, 2_773_616)).toBe("0.6 %");
  expect(percent(1, 0)).toBe("");
  expect([count(1, "platform"), count(0, "platform"), count(2, "patch", "patches")]).toEqual([
    "1 platform",
    "0 platforms",
    "2 patches",
  ]);
  expect(moment("2026-01-31T12:34:56.789Z")).toBe("2026-01-31 12:34 UTC");
  expect(moment("long ago")).toBe("long ago");
});

test.each([
  [10, "just now"],
  [90, "2 min ago"],
  [3 * 3600, "3 h ago"],
  [3 * 86_400, "3 days ago"],
])("%d s ago is %s", (seconds, text) => {
  const now = new Date("2026-01-31T12:00:00Z");
  expect(ago(new Date(now.getTime() - seconds * 1000), now)).toBe(text);
});

test.each([
  ["a terminal", true, {}, true],
  ["no terminal", false, {}, false],
  ["NO_COLOR", true, { NO_COLOR: "1" }, false],
  ["an empty NO_COLOR, which says nothing", true, { NO_COLOR: "" }, true],
  ["a dumb terminal", true, { TERM: "dumb" }, false],
  ["FORCE_COLOR", false, { FORCE_COLOR: "1" }, true],
  ["NO_COLOR against FORCE_COLOR", true, { NO_COLOR: "1", FORCE_COLOR: "1" }, false],
] as const)("colours on %s", (_name, isTerminal, env, coloured) => {
  expect(paintFor(isTerminal, env)("good", "x") !== "x").toBe(coloured);
});

test("what a compiler says cannot move the cursor, colour the screen or ring the bell", () => {
  expect(harmless("\u001b[31mred\u001b[0m\u0007\r\u001b]0;title\u0007 tab\tstays")).toBe("red tab\tstays");
});

const COLUMNS: Column[] = [
  { head: "platform" },
  { head: "size", align: "right" },
  { head: "hash", optional: 2 },
  { head: "date", optional: 1 },
  { head: "what" },
];
const ROWS = [["linux-amd64", "1,234 B", "abcdef", "2026-01-31", "a longer remark"]];

test.each([
  [
    80,
    [
      "platform        size  hash    date        what",
      "linux-amd64  1,234 B  abcdef  2026-01-31  a longer remark",
    ],
  ],
  [50, ["platform        size  date        what", "linux-amd64  1,234 B  2026-01-31  a longer remark"]],
  [40, ["platform        size  what", "linux-amd64  1,234 B  a longer remark"]],
  [34, ["platform        size  what", "linux-amd64  1,234 B  a longer", "                      remark"]],
])("on %d columns optional ones go first, then the last is wrapped", (width, lines) => {
  expect(table(COLUMNS, ROWS, width)).toEqual(lines);
});

test("where a row must stay a line it is cut off", () => {
  expect(table(COLUMNS, ROWS, 34, "cut")).toEqual([
    "platform        size  what",
    "linux-amd64  1,234 B  a longer re…",
  ]);
});

test("a character that takes two columns is counted as two", () => {
  expect(
    table(
      [{ head: "a" }, { head: "b" }],
      [
        ["版", "x"],
        ["v", "y"],
      ],
    ),
  ).toEqual(["a   b", "版  x", "v   y"]);
});

test("moves are told together where they go the same way", () => {
  expect(
    tellMoves([
      { platform: "a", from: "2", to: "1" },
      { platform: "b", from: "2", to: "1" },
      { platform: "c", from: "2", to: undefined },
      { platform: "d", from: undefined, to: "1" },
    ]),
  ).toEqual(["2 -> 1 on a, b", "2 -> nothing on c", "nothing -> 1 on d"]);
});

test.each(["greet", "x".repeat(64)])("an execution of %s has a name that Step Functions takes", (cmd) => {
  const now = new Date("2026-01-31T12:34:56.789Z");
  const name = newExecutionName(cmd, now);
  expect(name).toMatch(/^[\w-]{1,80}$/);
  expect(name).toContain("-20260131T123456Z-");
  expect(newExecutionName(cmd, now)).not.toBe(name);
});
