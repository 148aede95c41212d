import {
  count,
  megabytes,
  percent,
  type Spread,
  seconds,
  spreadOf,
  spreadText,
  table,
  times,
} from "../shared/figures.ts";
import type { BuiltPair } from "./builds.ts";
import { type Engine, HKDIST, OURS, REFERENCE } from "./engines.ts";
import type { Measured } from "./measure.ts";

/** An engine on a pair: bytes, and seconds, medians of the runs. */
export interface Row {
  pair: string;
  platform: string;
  build: Engine["build"];
  engine: string;
  title: string;
  targetBytes: number;
  /** The full download of that build. */
  gzipBytes: number;
  patchBytes: number;
  makeSeconds: number;
  makePeakBytes: number;
  applySeconds: number;
  spread: Record<"makeSeconds" | "makePeakBytes" | "applySeconds", Spread>;
}

export interface Found {
  machine: string;
  runs: number;
  /** A sentence for each engine that could not be had. */
  missing: string[];
  rows: Row[];
}

export function rowOf(one: {
  pair: string;
  platform: string;
  engine: Engine;
  built: BuiltPair;
  all: Measured[];
}): Row {
  const { engine, built, all } = one;
  const spread = {
    makeSeconds: spreadOf(all.map(({ makeSeconds }) => makeSeconds)),
    makePeakBytes: spreadOf(all.map(({ makePeakBytes }) => makePeakBytes)),
    applySeconds: spreadOf(all.map(({ applySeconds }) => applySeconds)),
  };
  return {
    ...{ pair: one.pair, platform: one.platform, build: engine.build, engine: engine.name },
    title: engine.title ?? engine.name,
    ...{ targetBytes: built.targetBytes, gzipBytes: built.gzipBytes },
    patchBytes: spreadOf(all.map(({ patchBytes }) => patchBytes)).median,
    makeSeconds: spread.makeSeconds.median,
    makePeakBytes: spread.makePeakBytes.median,
    applySeconds: spread.applySeconds.median,
    spread,
  };
}

/** Markdown: a table for each pair, and one of what updates download. */
export function report({ machine, runs, missing, rows }: Found): string {
  const groups = Map.groupBy(rows, ({ pair, platform }) => `${pair}, ${platform}`);
  const notes = `${machine}; medians of ${runs} runs (least to most).`;
  const parts = [notes, ...missing];
  for (const [name, group] of groups) parts.push(`${name}:`, engineTable(group));
  const updates = [...groups.values()].flatMap((group) => {
    const row = updateRow(group);
    return row === undefined ? [] : [row];
  });
  if (updates.length > 0) parts.push("What an update downloads:", updateTable(updates));
  return parts.join("\n\n");
}

function engineTable(rows: Row[]): string {
  const reference = rows.find(({ engine }) => engine === REFERENCE);
  const to = (row: Row, field: "patchBytes" | "makeSeconds" | "makePeakBytes" | "applySeconds") =>
    reference === undefined ? "" : times(row[field], reference[field]);
  const cells = (row: Row) => [
    row.title,
    row.build,
    count(row.patchBytes),
    to(row, "patchBytes"),
    percent(row.patchBytes, row.gzipBytes),
    spreadText(row.spread.makeSeconds, seconds),
    to(row, "makeSeconds"),
    spreadText(row.spread.makePeakBytes, megabytes),
    to(row, "makePeakBytes"),
    spreadText(row.spread.applySeconds, seconds),
  ];
  const heads = [
    "engine",
    "build",
    "patch",
    "to bsdiff 4.3",
    "of its gzip",
    "made in",
    "to it",
    "peak",
    "to it",
  ];
  return table([...heads, "applied in"], rows.map(cells));
}

function updateRow(group: Row[]): string[] | undefined {
  const ours = group.find(({ engine }) => engine === OURS);
  const hkdist = group.find(({ engine }) => engine === HKDIST);
  if (ours === undefined) return undefined;
  const { pair, platform, targetBytes, gzipBytes, patchBytes } = ours;
  const theirs =
    hkdist === undefined
      ? ["", "", "", ""]
      : [
          count(hkdist.gzipBytes),
          percent(gzipBytes, hkdist.gzipBytes),
          count(hkdist.patchBytes),
          percent(patchBytes, hkdist.patchBytes),
        ];
  return [
    ...[pair, platform, count(targetBytes), count(gzipBytes), percent(gzipBytes, targetBytes)],
    ...[count(patchBytes), percent(patchBytes, targetBytes), ...theirs],
  ];
}

function updateTable(rows: string[][]): string {
  const own = ["pair", "platform", "binary", "gzip", "of the binary", "patch", "of the binary"];
  return table([...own, "hkdist's gzip", "ours of it", "hkdist's patch", "ours of it"], rows);
}
