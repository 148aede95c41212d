import { describe, expect, it } from "vitest";
import { ENGINES, type Engine } from "../../bench/patches/engines.ts";
import { report, rowOf } from "../../bench/patches/report.ts";

const engine = (name: string) => ENGINES.find((one) => one.name === name) as Engine;
const built = { base: "", target: "", targetBytes: 4000, gzipBytes: 2000 };
const row = (name: string, patchBytes: number, gzipBytes = 2000) =>
  rowOf({
    ...{
      pair: "age v1 -> v2",
      platform: "linux-amd64",
      engine: engine(name),
      built: { ...built, gzipBytes },
    },
    all: [1, 2, 6].map((seconds) => ({
      ...{ patchBytes, makeSeconds: seconds, makePeakBytes: seconds * 1e6, applySeconds: seconds / 10 },
    })),
  });

describe("what bench:patches finds", () => {
  it("has a row for each pair and engine, as JSON", () => {
    expect(row("ours", 100)).toEqual({
      ...{ pair: "age v1 -> v2", platform: "linux-amd64", build: "ours", engine: "ours", title: "ours" },
      ...{ targetBytes: 4000, gzipBytes: 2000, patchBytes: 100 },
      ...{ makeSeconds: 2, makePeakBytes: 2e6, applySeconds: 0.2 },
      spread: {
        makeSeconds: { median: 2, least: 1, most: 6 },
        makePeakBytes: { median: 2e6, least: 1e6, most: 6e6 },
        applySeconds: { median: 0.2, least: 0.1, most: 0.6 },
      },
    });
  });

  it("is told beside bsdiff 4.3 and hkdist's way", () => {
    const rows = [row("ours", 90), row("hkdist", 1000, 4000), row("bsdiff", 100)];
    const text = report({ machine: "m", runs: 3, missing: ["zstd is left out."], rows });
    expect(text).toContain("m; medians of 3 runs (least to most).");
    expect(text).toContain("zstd is left out.");
    expect(text).toContain("| ours | ours | 90 | 0.90 | 4.5 % |");
    expect(text).toContain("| 4,000 | 50.0 % | 1,000 | 9.0 % |");
  });
});
