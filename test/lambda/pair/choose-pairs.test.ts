import { describe, expect, it } from "vitest";
import { newestBases, openPairs } from "../../../lambda/pair/choose-pairs.ts";
import { artifactsBefore } from "../../../lambda/shared/artifacts.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { artifact, pseudoRandom } from "../support.ts";

/** Each as `platform<version`. */
const readable = (pairs: readonly { platform: string; from: string }[]) =>
  pairs.map(({ platform, from }) => `${platform}<${from}`);

/** Artifacts as `version platform`, newest first; tells how many of them were read. */
function reader(...artifacts: string[]) {
  let read = 0;
  async function* older() {
    for (const text of artifacts) {
      read++;
      const [version = "", platform = ""] = text.split(" ");
      yield { version, platform };
    }
  }
  return { older: older(), read: () => read };
}

describe("the newest bases", () => {
  it.each([
    ["of one platform", ["5 a", "4 a", "3 a"], ["a"], 2, ["a<5", "a<4"]],
    ["of each platform", ["5 b", "5 a", "4 b", "4 a", "3 b"], ["a", "b"], 2, ["b<5", "a<5", "b<4", "a<4"]],
    ["all of a platform that has fewer", ["5 a", "4 a", "4 b", "3 a"], ["a", "b"], 2, ["a<5", "a<4", "b<4"]],
    ["none of a platform that has none", ["5 a", "4 a"], ["a", "b"], 1, ["a<5"]],
    ["none of a platform that is not asked for", ["5 a", "5 b", "4 a", "4 b"], ["b"], 8, ["b<5", "b<4"]],
    ["none when there is nothing older", [], ["a", "b"], 8, []],
    [
      "of a platform that had a break, from before it",
      ["9 a", "8 a", "7 a", "2 b", "1 b"],
      ["a", "b"],
      2,
      ["a<9", "a<8", "b<2", "b<1"],
    ],
  ])("are %s", async (_, artifacts, platforms, count, pairs) => {
    const { older } = reader(...artifacts);
    expect(readable(await newestBases(older, platforms, count))).toEqual(pairs);
  });

  it.each([
    ["to the last one that is wanted", ["5 b", "5 a", "4 b", "4 a", "3 b", "3 a"], ["a", "b"], 2, 4],
    ["over what is not wanted", ["5 c", "5 a", "4 c", "4 a", "3 a"], ["a"], 2, 4],
    ["to the end for a platform that has fewer", ["5 a", "4 a", "3 a"], ["a", "b"], 1, 3],
    ["nothing when no bases are configured", ["5 a"], ["a"], 0, 0],
  ])("are read %s and no further", async (_, artifacts, platforms, count, expected) => {
    const { older, read } = reader(...artifacts);
    await newestBases(older, platforms, count);
    expect(read()).toBe(expected);
  });

  describe("in the table", () => {
    const item = (version: string, platform: string, cmd = "greet") =>
      artifactItem(artifact(cmd, version, platform));
    /** In the order of the table's keys this is neither first nor last, nor is its order that of the texts. */
    const VERSIONS = ["9", "20260131", "20260131.1", "20260131.2", "20260131.10", "20260201", "20260201.1"];
    const newTable = () =>
      new MemoryTable([
        ...VERSIONS.flatMap((version) => [item(version, "linux-amd64"), item(version, "darwin-arm64")]),
        item("20260131.9", "linux-amd64", "greet-canary"),
        item("20260131.9", "linux-amd64", "gree"),
        item("20260131.9", "linux-amd64", "hk"),
      ]);

    it.each([
      ["20260201", 3, ["20260131.10", "20260131.2", "20260131.1"]],
      ["20260131.10", 3, ["20260131.2", "20260131.1", "20260131"]],
      ["20260131.3", 1, ["20260131.2"]],
      ["20260131", 8, ["9"]],
      ["20990101", 2, ["20260201.1", "20260201"]],
      ["9", 8, []],
    ])("before %s are older ones of the command in numeric order: %i", async (version, count, versions) => {
      for (const platform of ["linux-amd64", "darwin-arm64"]) {
        const older = artifactsBefore(newTable(), "greet", version);
        const pairs = await newestBases(older, [platform], count);
        expect(pairs).toEqual(versions.map((from) => ({ platform, from })));
      }
    });

    it("are read page by page, and no page more than needed", async () => {
      const table = newTable();
      const older = () => artifactsBefore(table, "greet", "20990101");
      await newestBases(older(), ["linux-amd64"], 2);
      expect(table.reads).toHaveLength(2);
      await newestBases(older(), ["linux-amd64"], 0);
      expect(table.reads).toHaveLength(2);
    });
  });
});

describe("open pairs", () => {
  const pair = (text: string) => {
    const [platform = "", from = ""] = text.split("<");
    return { platform, from };
  };
  const open = (pairs: string[], settled: string[] = []) =>
    readable(openPairs(pairs.map(pair), settled.map(pair)));

  it("come newest base first, by number, whatever order they are given in", () => {
    const sorted = ["10", "9", "2.10", "2.2", "2.1", "2", "1"].map((version) => `a<${version}`);
    expect(open(sorted)).toEqual(sorted);
    expect(open(sorted.toReversed())).toEqual(sorted);
    const random = pseudoRandom(7);
    const shuffled = sorted.map((text) => ({ text, at: random() })).sort((x, y) => x.at - y.at);
    expect(open(shuffled.map(({ text }) => text))).toEqual(sorted);
  });

  it("of one base keep the platforms' order", () => {
    expect(open(["b<1", "a<1", "b<2", "a<2"])).toEqual(["b<2", "a<2", "b<1", "a<1"]);
  });

  it.each([
    ["a pair", ["a<2", "a<1"], ["a<2"], ["a<1"]],
    ["only of its platform", ["a<2", "b<2"], ["b<2"], ["a<2"]],
    ["only of exactly its base", ["a<20260131.1", "a<20260131.10"], ["a<20260131.1"], ["a<20260131.10"]],
    ["all of them", ["a<2", "b<1"], ["b<1", "a<2"], []],
    ["nothing when others are settled", ["a<2"], ["a<3", "b<2"], ["a<2"]],
  ])("leave out what is settled: %s", (_, pairs, settled, rest) =>
    expect(open(pairs, settled)).toEqual(rest));

  it("leave what they are given as it was", () => {
    const pairs = Object.freeze(["a<1", "a<2"].map(pair));
    openPairs(pairs, []);
    expect(readable(pairs)).toEqual(["a<1", "a<2"]);
  });
});
