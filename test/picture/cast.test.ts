import { expect, test } from "vitest";
import { cutIdleTime, dimAsGrey, type Output } from "../../picture/cast.ts";

const timesOf = (outputs: [number, string][]) =>
  cutIdleTime(outputs.map(([seconds, text]): Output => [seconds, "o", text])).map(([seconds]) => seconds);

test("time in which only clocks go on is cut to half a second, and what is news keeps its distance", () => {
  const clocks: [number, string][] = [
    [10, "build  0.1 s\r\n"],
    [10.25, "build  0.3 s\r\n"],
    [19.9, "build  9.9 s\r\n"],
    [20, "build   10 s\r\n"],
    [75, "build  1 min 05 s\r\n"],
    [80, "patch  0.1 s\r\n"],
    [80.4, "patch  0.5 s  1 of 3\r\n"],
  ];
  expect(timesOf(clocks)).toEqual([0.5, 0.75, 1, 1, 1, 1, 1.4]);
});

test("clocks that tick in turn are no news", () => {
  const turns = [0, 1, 2, 3, 4, 5].map((n): [number, string] => [n, n % 2 ? `top ${n} s` : `below ${n} s`]);
  expect(timesOf(turns)).toEqual([0, 0.5, 1, 1, 1, 1]);
});

test("what is typed again is news, and a cursor that is hidden is none", () => {
  expect(timesOf([0, 0.4, 0.8, 1.2].map((seconds) => [seconds, "t"]))).toEqual([0, 0.4, 0.8, 1.2]);
  expect(
    timesOf([
      [0, "a"],
      [0.4, "\x1b[?25l"],
      [0.8, "\r\n"],
      [1.2, "b"],
    ]),
  ).toEqual([0, 0.4, 0.5, 0.5]);
});

test("no time turns back and nothing that was sent is lost, also where a drawing was read in pieces", () => {
  const outputs: Output[] = [
    [0, "o", "Release 1 s"],
    [0.01, "o", " running\r\n"],
    [5, "o", "Release 2 s"],
    [5.02, "o", " running\r\n"],
    [9, "o", "done"],
  ];
  const cut = cutIdleTime(outputs);
  expect(cut.map(([seconds]) => seconds)).toEqual([0, 0.5, 0.5]);
  expect(cut.map(([, , text]) => text).join("")).toBe(outputs.map(([, , text]) => text).join(""));
  expect(outputs[0]?.[2]).toBe("Release 1 s");
});

test("dim text becomes grey, and ends where it ended", () => {
  expect(dimAsGrey("\x1b[2mwaiting\x1b[22m \x1b[1mstrong\x1b[22m")).toBe(
    "\x1b[90mwaiting\x1b[22;39m \x1b[1mstrong\x1b[22;39m",
  );
});
