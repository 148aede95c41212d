import { expect, it } from "vitest";
import { goodVersions } from "../../../lambda/promote/good-versions.ts";
import type { HistoryEntry } from "../../../lambda/shared/current.ts";
import { moved, type Versions } from "./standing.ts";

/** A platform's life as the versions that were current there, in order; `-` when there was none. */
const life = (...versions: string[]): HistoryEntry[] => {
  const at = (version = "-"): Versions => (version === "-" ? {} : { linux: version });
  return versions.map((to, n) => moved(n + 1, at(versions[n - 1]), at(to)));
};

it.each<[string, HistoryEntry[], string[], string[]]>([
  ["the newest before it", life("1", "2", "3"), ["3"], ["2", "1"]],
  ["by number, not by text", life("9", "10", "11"), ["11"], ["10", "9"]],
  ["nothing, when it was the first", life("1"), ["1"], []],
  ["nothing, when there is no history", [], ["1"], []],
  ["not one that was withdrawn too", life("1", "2", "3"), ["3", "2"], ["1"]],
  ["not one that was rolled back", life("1", "2", "3", "2"), ["2"], ["1"]],
  [
    "one that was rolled back, brought back and left for a newer one",
    life("1", "2", "1", "2", "3"),
    ["3"],
    ["2", "1"],
  ],
  ["one that a person went back to, and then on from", life("1", "2", "1", "3"), ["3"], ["1"]],
  [
    "a newer one, when a person had brought an old one back for good",
    life("1", "3", "1", "3", "4", "3", "4", "1"),
    ["1"],
    ["3"],
  ],
  ["not one after which there was nothing", life("1", "2", "-", "3"), ["3"], ["1"]],
  ["what is current, when another is withdrawn", life("1", "2", "3"), ["1"], ["3", "2"]],
  ["of this platform only", [...life("1"), moved(9, {}, { darwin: "5" })], [], ["1"]],
  [
    "not one whose withdrawal was undone: nobody has made it current again",
    [...life("1", "2", "1"), moved(9, {}, {}, { restored: "2" })],
    ["1"],
    [],
  ],
])("gives %s", (_, history, withdrawn, expected) => {
  expect(goodVersions(history, "linux", (version) => withdrawn.includes(version))).toEqual(expected);
});
