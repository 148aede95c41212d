import figures from "figures";
import stringWidth from "string-width";
import { compareVersions } from "../../lambda/shared/version.ts";
import type { PatchProgress, Platform, Progress, Step } from "../execution/progress.ts";
import { bytes, count, duration, percent } from "./format.ts";
import { harmless, type Paint, readable, type Style } from "./paint.ts";
import { type Column, table } from "./table.ts";

export interface Canvas {
  /** Columns of the terminal. */
  columns: number;
  /** Rows that may be used; what does not fit is summed up. */
  rows: number;
  paint: Paint;
}

type Mark = [symbol: string, style: Style];

const MARKS: Record<Step["state"] | Platform["state"], Mark> = {
  waiting: ["·", "quiet"],
  skipped: ["-", "quiet"],
  running: [figures.pointer, "strong"],
  building: [figures.pointer, "strong"],
  done: [figures.tick, "good"],
  built: [figures.tick, "good"],
  recorded: [figures.tick, "good"],
  failed: [figures.cross, "bad"],
};

/** Rows that platforms get before steps do without. */
const ROWS_FOR_PLATFORMS = 4;

/** An execution as lines for a terminal: its steps, then its platforms with their patches. */
export function renderProgress(progress: Progress, canvas: Canvas, now: Date): string[] {
  const { paint, columns, rows } = canvas;
  const { platforms, status } = progress;
  const head = headline(progress, now, canvas);
  const all = [...head, "", ...stepLines(progress.steps, canvas)];
  const isOfUse = status === "running" || platforms.some(({ state }) => state !== "waiting");
  if (platforms.length === 0 || !isOfUse) return all;
  // An empty line and the table's head.
  const leftOf = (lines: readonly string[]) => rows - heightOf(lines, columns) - 2;
  const isTight = leftOf(all) < Math.min(platforms.length, ROWS_FOR_PLATFORMS);
  const lines = isTight ? [...head, "", ...stepLines(telling(progress.steps), canvas)] : all;
  const left = leftOf(lines);
  if (left < 1) return all;
  const shown = platforms.length <= left ? platforms : mostTelling(platforms, left - 1);
  lines.push("", ...withMarks(shown, platformTable(progress, shown, columns - 2), paint));
  if (shown.length < platforms.length) {
    lines.push(paint("quiet", `  and ${platforms.length - shown.length} more`));
  }
  return lines;
}

function stepLines(steps: readonly Step[], { columns, paint }: Canvas): string[] {
  const drawn = table(
    [{ head: "step" }, { head: "time", align: "right" }, { head: "" }],
    steps.map(({ name, milliseconds, note }) => [
      name.toLowerCase(),
      milliseconds === undefined ? "" : duration(milliseconds),
      harmless(note),
    ]),
    columns - 2,
    "cut",
  );
  return withMarks(steps, drawn, paint);
}

/** The one that is running or failed, else the last one that was done. */
function telling(steps: readonly Step[]): Step[] {
  const one =
    steps.find(({ state }) => state === "failed" || state === "running") ??
    steps.findLast(({ state }) => state === "done");
  return one === undefined ? [] : [one];
}

const TITLES: Record<Progress["action"], string> = {
  release: "Release",
  promote: "Promotion",
  yank: "Withdrawal",
  restore: "Restoration",
  rollback: "Rollback",
};

function headline(
  { action, cmd, version, name, status, startedAt, endedAt }: Progress,
  now: Date,
  { columns, paint }: Canvas,
): string[] {
  const style = { running: "strong", succeeded: "good" }[status as string] ?? "bad";
  const took = duration((endedAt ?? now).getTime() - startedAt.getTime());
  const subject = [cmd, version].filter(Boolean).join(" ") || "an unknown command";
  const head = `${TITLES[action]} of ${paint("strong", subject)}: ${paint(style as Style, status)}, ${took}`;
  // Where it does not fit, it is a line of its own: it is what `watch` takes.
  const quiet = paint("quiet", name);
  const together = `${head}  ${quiet}`;
  return stringWidth(together) <= columns ? [together] : [head, quiet];
}

/** A table's rows with their marks before them. */
function withMarks(
  items: readonly { state: keyof typeof MARKS }[],
  drawn: readonly string[],
  paint: Paint,
): string[] {
  const [head = "", ...rows] = drawn;
  const marked = items.map(({ state }, index) => {
    const row = rows[index] ?? "";
    const [symbol, style] = MARKS[state];
    return `${paint(style, symbol)} ${state === "waiting" || state === "skipped" ? paint("quiet", row) : row}`;
  });
  return [paint("quiet", `  ${head}`.trimEnd()), ...marked];
}

/** What fails, then what is going on, then the rest. */
function mostTelling(platforms: readonly Platform[], rows: number): Platform[] {
  const order: Platform["state"][] = ["failed", "building", "built", "waiting", "recorded"];
  const chosen = new Set(
    platforms.toSorted((a, b) => order.indexOf(a.state) - order.indexOf(b.state)).slice(0, rows),
  );
  return platforms.filter((platform) => chosen.has(platform));
}

function platformTable({ patches }: Progress, platforms: readonly Platform[], width: number): string[] {
  const columns: Column[] = [
    { head: "platform" },
    { head: "state" },
    { head: "compile", align: "right", optional: 3 },
    { head: "size", align: "right", optional: 4 },
    { head: "download", align: "right", optional: 1 },
    ...(patches.length > 0
      ? [
          { head: "patches", align: "right" } as const,
          { head: "largest", align: "right", optional: 2 } as const,
        ]
      : []),
  ];
  const rows = platforms.map(({ platform, state, milliseconds, size, gzSize }) => {
    const mine = patches.filter((one) => one.platform === platform);
    return [
      platform,
      state,
      milliseconds === undefined ? "" : duration(milliseconds),
      size === undefined ? "" : bytes(size),
      gzSize === undefined ? "" : bytes(gzSize),
      ...(patches.length > 0 ? [patchCount(mine), largestPatch(mine)] : []),
    ];
  });
  return table(columns, rows, width, "cut");
}

function patchCount(patches: readonly PatchProgress[]): string {
  const done = patches.filter(({ state }) => state !== "waiting").length;
  return patches.length === 0 ? "" : `${done} of ${patches.length}`;
}

/** The largest, and what part of the download it is: what the unluckiest client gets. */
function largestPatch(patches: readonly PatchProgress[]): string {
  const [largest] = patches.toSorted((a, b) => (b.size ?? 0) - (a.size ?? 0));
  if (largest?.size === undefined) return "";
  const ratio = largest.gzSize === undefined ? "" : ` (${percent(largest.size, largest.gzSize)})`;
  return `${bytes(largest.size)}${ratio}`;
}

/** What is worth knowing when an execution has ended, below its steps. @param columns of the terminal */
export function renderEnd(progress: Progress, columns: number, paint: Paint): string[] {
  const { patches, platforms, log, error, status } = progress;
  const lines: string[] = [];
  const worthTelling = patches.filter(({ state }) => state !== "waiting" || status !== "running");
  if (worthTelling.length > 0) lines.push(...patchTable(worthTelling, columns, paint), "");
  for (const { title, lines: told } of log) {
    lines.push(paint("bad", `${title}:`), ...told.map((line) => `  ${harmless(line)}`), "");
  }
  if (error !== undefined) {
    const failed = platforms.filter(({ state }) => state === "failed").length;
    const isTold = failed > 0 && error.name === "BuildFailedError";
    const others = failed < platforms.length ? "; the others are kept" : "";
    const cause = isTold ? `${count(failed, "platform")} did not compile${others}.` : readable(error.cause);
    lines.push(`${paint("bad", error.name)}: ${cause}`, "");
  }
  return lines;
}

function patchTable(patches: readonly PatchProgress[], columns: number, paint: Paint): string[] {
  const manyTargets = new Set(patches.map(({ to }) => to)).size > 1;
  const ordered = patches.toSorted(
    (a, b) => compareVersions(b.from, a.from) || (a.platform < b.platform ? -1 : 1),
  );
  const rows = ordered.map(({ platform, from, to, state, size, gzSize, milliseconds, reason }) => [
    platform,
    manyTargets ? `${from} to ${to}` : from,
    size === undefined ? state : bytes(size),
    size === undefined || gzSize === undefined ? "" : percent(size, gzSize),
    milliseconds === undefined ? "" : duration(milliseconds),
    ...(patches.some((one) => one.reason) ? [readable(reason ?? "")] : []),
  ]);
  const [head = "", ...drawn] = table(
    [
      { head: "platform" },
      { head: "patch from" },
      { head: "size", align: "right" },
      { head: "of download", align: "right", optional: 1 },
      { head: "time", align: "right", optional: 2 },
      ...(patches.some((one) => one.reason) ? [{ head: "why" }] : []),
    ],
    rows,
    columns,
  );
  return [paint("quiet", head), ...drawn];
}

/** Rows that lines take on a terminal of that width. */
export function heightOf(lines: readonly string[], columns: number): number {
  return lines.reduce((sum, line) => sum + Math.max(1, Math.ceil(stringWidth(line) / columns)), 0);
}
