import { describe, expect, it } from "vitest";
import { choosePairs } from "../../../lambda/bases/bases.ts";
import { currentItemKey, patchItemKey } from "../../../lambda/shared/keys.ts";
import type { Promoted } from "../../../lambda/shared/payloads.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { current, recorded, standing } from "../promote/standing.ts";

const PROMOTED: Promoted = {
  cmd: "greet",
  version: "3",
  action: "promote",
  revision: 9,
  changed: true,
  from: {},
  to: {},
};
const patch = (from: string, to: string, platform = "linux"): Item => {
  const id = { cmd: "greet", platform, from, to };
  return { ...patchItemKey(id), ...id, none: "larger" };
};
const pairs = async (promoted: Partial<Promoted>, count: number, items: Item[]) =>
  (await choosePairs(new MemoryTable(items), { ...PROMOTED, ...promoted }, count)).map(
    ({ platform, from, to }) => `${platform} ${from}-${to}`,
  );

const RECORDED = ["1", "2", "3", "4", "5", "10"].flatMap((version) =>
  recorded(version, "linux").map(artifactItem),
);

describe("patches to what was promoted", () => {
  it.each<[string, number, Item[], string[]]>([
    ["from the newest versions, newer and older ones", 3, [], ["linux 10-3", "linux 5-3", "linux 4-3"]],
    ["from all there are", 50, [], ["linux 10-3", "linux 5-3", "linux 4-3", "linux 2-3", "linux 1-3"]],
    ["from none, when none are wanted", 0, [], []],
    ["without those that are settled", 3, [patch("5", "3"), patch("4", "5")], ["linux 10-3", "linux 4-3"]],
    ["on its platforms only", 1, recorded("7", "darwin").map(artifactItem), ["linux 10-3"]],
    [
      "on each of its platforms",
      1,
      [...recorded("3", "darwin"), ...recorded("2", "darwin")].map(artifactItem),
      ["linux 10-3", "darwin 2-3"],
    ],
  ])("are %s", async (_, count, more, expected) => {
    expect(await pairs({}, count, [...RECORDED, ...more])).toEqual(expected);
  });

  it("are none when it was withdrawn meanwhile", async () => {
    const withdrawn = { reason: "broken", at: "2026-02-01T00:00:00Z", by: "somebody" };
    const item = {
      ...currentItemKey("greet"),
      cmd: "greet",
      revision: 2,
      platforms: {},
      yanked: { 3: withdrawn },
    };
    expect(await pairs({}, 3, [...RECORDED, item])).toEqual([]);
  });

  it("always start at what was current until now too", async () => {
    expect(await pairs({ from: { linux: "2" } }, 2, RECORDED)).toEqual([
      "linux 10-3",
      "linux 5-3",
      "linux 2-3",
    ]);
    expect(await pairs({ from: { linux: "5" } }, 2, RECORDED)).toEqual(["linux 10-3", "linux 5-3"]);
  });

  it("are no more than an execution can carry", async () => {
    const platforms = Array.from({ length: 30 }, (_, n) => `os-${n}`);
    const items = Array.from({ length: 51 }, (_, n) =>
      recorded(`${n + 1}`, ...platforms).map(artifactItem),
    ).flat();
    expect(await pairs({}, 50, items)).toHaveLength(1000);
  });
});

describe("patches away from what was withdrawn", () => {
  const YANK = { action: "yank", version: "5" } as const;
  const items = [
    ...RECORDED,
    ...recorded("5", "darwin", "windows").map(artifactItem),
    ...standing(current(9, { linux: "4", darwin: "2" }), []),
  ];

  it("lead to what is current on each platform, if anything is", async () => {
    expect(await pairs(YANK, 8, items)).toEqual(["darwin 5-2", "linux 5-4"]);
  });

  it("are only those that are not settled", async () => {
    expect(await pairs(YANK, 8, [...items, patch("5", "4")])).toEqual(["darwin 5-2"]);
  });
});
