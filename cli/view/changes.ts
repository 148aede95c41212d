import type { Progress, Step } from "../execution/progress.ts";
import { bytes, duration, percent } from "./format.ts";
import { harmless } from "./paint.ts";

/** What has happened between two looks, a line each: for logs, where nothing can be drawn over. */
export function tellChanges(before: Progress | undefined, { steps, platforms, patches }: Progress): string[] {
  const lines: string[] = [];
  const moved = steps.filter(({ name, state }) => {
    const was = before?.steps.find((one) => one.name === name)?.state ?? "waiting";
    return state !== was && state !== "waiting";
  });
  lines.push(...moved.filter(({ state }) => state === "running").map(tellStep));
  for (const { platform, state, milliseconds, size, gzSize } of platforms) {
    const was = before?.platforms.find((one) => one.platform === platform)?.state ?? "waiting";
    if (state === was || state === "waiting") continue;
    const about = [
      milliseconds === undefined ? "" : `compiled in ${duration(milliseconds)}`,
      size === undefined ? "" : bytes(size),
      gzSize === undefined ? "" : `download ${bytes(gzSize)}`,
    ];
    const tail = about.filter(Boolean).join(", ");
    lines.push(`  ${platform} ${state}${tail ? ` (${tail})` : ""}`);
  }
  for (const { platform, from, to, state, size, gzSize, milliseconds, reason } of patches) {
    const was = before?.patches.find(
      (one) => one.platform === platform && one.from === from && one.to === to,
    );
    if (state === (was?.state ?? "waiting")) continue;
    const about = [
      size === undefined ? "" : bytes(size),
      size === undefined || gzSize === undefined ? "" : `${percent(size, gzSize)} of the download`,
      milliseconds === undefined ? "" : duration(milliseconds),
      harmless(reason ?? ""),
    ];
    lines.push(`  patch ${from} -> ${to} ${platform} ${state} (${about.filter(Boolean).join(", ")})`);
  }
  // A step's end comes after what happened in it.
  lines.push(...moved.filter(({ state }) => state !== "running").map(tellStep));
  return lines;
}

function tellStep({ name, state, milliseconds, note }: Step): string {
  const time = milliseconds !== undefined && state !== "running" ? duration(milliseconds) : "";
  const about = [time, harmless(note)].filter(Boolean).join(", ");
  return `${name.toLowerCase()} ${state}${about ? ` (${about})` : ""}`;
}
