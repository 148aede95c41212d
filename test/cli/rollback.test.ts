import { expect, test } from "vitest";
import { lastGood } from "../../cli/commands/rollback.ts";
import type { Current, HistoryEntry } from "../../lambda/shared/current.ts";

/** A history of one platform's versions, and what is current after it. */
function after(versions: string[], yanked: string[] = []): [Current, HistoryEntry[], string] {
  const at = "2026-01-31T00:00:00Z";
  const history = versions.map((to, index): HistoryEntry => {
    const from = versions[index - 1];
    return {
      ...{ cmd: "greet", revision: index + 1, at, by: "x", to: { linux: to } },
      from: from === undefined ? {} : { linux: from },
    };
  });
  const version = versions.at(-1) ?? "";
  const withdrawn = Object.fromEntries(yanked.map((one) => [one, { reason: "bad", at, by: "x" }]));
  const current = { cmd: "greet", revision: versions.length, platforms: { linux: { version, sha256: "" } } };
  return [{ ...current, yanked: withdrawn }, history, version];
}

test.each([
  ["the one before", ["1", "2", "3"], [], "2"],
  ["not one that is withdrawn", ["1", "2", "3"], ["2"], "1"],
  ["not one that was itself left for an older one", ["1", "2", "1", "3"], [], "1"],
  ["from an older one still further back", ["1", "2", "3", "2"], [], "1"],
  ["by number, not by letter", ["9", "10", "11"], [], "10"],
  ["none, when there was none before", ["1"], [], undefined],
])("a rollback goes back to %s", (_name, versions, yanked, expected) => {
  expect(lastGood(...after(versions, yanked))).toBe(expected);
});

test("a platform that is behind does not decide", () => {
  const [current, history, newest] = after(["1", "2", "3"]);
  current.platforms["plan9"] = { version: "1", sha256: "" };
  expect(lastGood(current, history, newest)).toBe("2");
});
