import { describe, expect, it } from "vitest";
import { count, percent, spreadOf, spreadText, table, times } from "../../bench/shared/figures.ts";

describe("several measurements", () => {
  it.each([
    [[3], { median: 3, least: 3, most: 3 }],
    [[9, 1, 2], { median: 2, least: 1, most: 9 }],
    [[1, 100], { median: 50.5, least: 1, most: 100 }],
    [[8, 2, 4, 1], { median: 3, least: 1, most: 8 }],
  ])("%j have a median and a spread", (values, spread) => expect(spreadOf(values)).toEqual(spread));

  it("are none when nothing was measured", () => expect(() => spreadOf([])).toThrow("nothing was measured"));

  it("are told with their spread, unless there is none", () => {
    const whole = (value: number) => value.toFixed(0);
    expect(spreadText(spreadOf([1, 2, 9]), whole)).toBe("2 (1 to 9)");
    expect(spreadText(spreadOf([2, 2]), whole)).toBe("2");
  });
});

it("figures are told as people read them", () => {
  expect([count(1234567), percent(1, 8), times(1, 3)]).toEqual(["1,234,567", "12.5 %", "0.33"]);
  expect(table(["a", "b"], [["1", "2"]])).toBe("| a | b |\n| --- | --- |\n| 1 | 2 |");
});
