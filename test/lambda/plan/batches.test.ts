import { describe, expect, it } from "vitest";
import { planBatches } from "../../../lambda/plan/batches.ts";
import { fileText, SOURCE } from "../support.ts";

/** The platforms in a plan's text. */
const platformsOf = (text: string) => [...text.matchAll(/^platform\t(.*)$/gm)].map(([, name]) => name);

describe("batches", () => {
  it.each([
    { platforms: [], concurrency: 1, shared: [] },
    { platforms: [], concurrency: 4, shared: [] },
    { platforms: ["a"], concurrency: 1, shared: [["a"]] },
    { platforms: ["a"], concurrency: 4, shared: [["a"]] },
    { platforms: ["a", "b", "c"], concurrency: 1, shared: [["a", "b", "c"]] },
    { platforms: ["a", "b", "c"], concurrency: 2, shared: [["a", "c"], ["b"]] },
    { platforms: ["a", "b", "c"], concurrency: 3, shared: [["a"], ["b"], ["c"]] },
    {
      platforms: ["a", "b", "c", "d", "e"],
      concurrency: 2,
      shared: [
        ["a", "c", "e"],
        ["b", "d"],
      ],
    },
    { platforms: ["a", "b", "c", "d", "e"], concurrency: 40, shared: [["a"], ["b"], ["c"], ["d"], ["e"]] },
  ])("of $platforms among $concurrency builds are $shared", ({ platforms, concurrency, shared }) => {
    const batches = planBatches(SOURCE, platforms, "run-1", concurrency);
    expect(batches.map(({ text }) => platformsOf(text))).toEqual(shared);
  });

  it("have keys of their own in this execution", () => {
    const batches = planBatches(SOURCE, ["a", "b"], "run-1", 2);
    expect(batches.map(({ planKey, reportKey }) => ({ planKey, reportKey }))).toEqual([
      { planKey: "plans/greet/run-1/0.tsv", reportKey: "reports/greet/20260131.1/run-1/0.tsv" },
      { planKey: "plans/greet/run-1/1.tsv", reportKey: "reports/greet/20260131.1/run-1/1.tsv" },
    ]);
  });

  it("tell a build all that it needs, as lines of name, tab, value", () => {
    const [, second] = planBatches(
      SOURCE,
      ["linux-amd64", "darwin-arm64", "windows-386", "linux-arm"],
      "run-1",
      2,
    );
    expect(second?.text).toBe(
      [
        "version\t20260131.1",
        `commit\t${"b".repeat(40)}`,
        "date\t2026-01-31T12:00:00Z",
        `archiveKey\tsources/greet/20260131.1/${"c".repeat(64)}.tar.gz`,
        `archiveSha256\t${"c".repeat(64)}`,
        "goVersion\t1.26.8",
        "reportKey\treports/greet/20260131.1/run-1/1.tsv",
        "platform\tdarwin-arm64",
        "platform\tlinux-arm",
        "",
      ].join("\n"),
    );
  });

  it("have exactly the lines that build.sh reads", () => {
    const cases = /case \$name in\n([\s\S]*?)\n\s*esac/.exec(fileText("buildspec/build.sh"))?.[1] ?? "";
    const read = [...cases.matchAll(/^ +(\w+)\)/gm)].map(([, name]) => name);
    const [batch] = planBatches(SOURCE, ["linux-amd64"], "run-1", 1);
    const written = [...(batch?.text ?? "").matchAll(/^(\w+)\t/gm)].map(([, name]) => name);
    expect(written.toSorted()).toEqual(read.toSorted());
  });
});
