import type { Progress } from "../execution/progress.ts";
import { bytes, duration, percent } from "./format.ts";
import { harmless } from "./paint.ts";

/** What has happened between two looks, a line each: for logs, where nothing can be drawn over. */
export function tellChanges(before: Progress | undefined, { steps, platforms, patches }: Progress): string[] {
  const lines: string[] = [];
  for (const { name, state, milliseconds, note } of steps) {
    const was = before?.steps.find((one) => one.name === name)?.state ?? "waiting";
    if (state === was || state === "waiting") continue;
    // What happened between two looks began, too.
    const about = [
      milliseconds !== undefined && state !== "running" ? duration(milliseconds) : "",
      harmless(note),
    ];
    const tail = about.filter(Boolean).join(", ");
    lines.push(`${name.toLowerCase()} ${state}${tail ? ` (${tail})` : ""}`);
  }
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
  return lines;
}
