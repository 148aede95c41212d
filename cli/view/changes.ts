import type { Progress, Step } from "../execution/progress.ts";
import { bytes, duration, percent } from "./format.ts";
import { harmless, readable } from "./paint.ts";

/** What has happened between two looks, a line each: for logs, where nothing can be drawn over. */
export function tellChanges(before: Progress | undefined, now: Progress): string[] {
  return now.steps.flatMap((step) => {
    const was = before?.steps.find(({ name }) => name === step.name)?.state ?? "waiting";
    const line = step.state === was || step.state === "waiting" ? [] : [tellStep(step)];
    const details =
      step.name === "Build"
        ? tellPlatforms(before, now)
        : step.name === "Patch"
          ? tellPatches(before, now)
          : [];
    // A step's end comes after what happened in it.
    return step.state === "running" ? [...line, ...details] : [...details, ...line];
  });
}

function tellPlatforms(before: Progress | undefined, { platforms }: Progress): string[] {
  return platforms.flatMap(({ platform, state, milliseconds, size, gzSize }) => {
    const was = before?.platforms.find((one) => one.platform === platform)?.state ?? "waiting";
    if (state === was || state === "waiting") return [];
    const about = [
      milliseconds === undefined
        ? ""
        : `${state === "failed" ? "after" : "compiled in"} ${duration(milliseconds)}`,
      size === undefined ? "" : bytes(size),
      gzSize === undefined ? "" : `download ${bytes(gzSize)}`,
    ];
    return `  ${platform} ${state}${inBrackets(about)}`;
  });
}

function tellPatches(before: Progress | undefined, { patches }: Progress): string[] {
  return patches.flatMap(({ platform, from, to, state, size, gzSize, milliseconds, reason }) => {
    const was = before?.patches.find(
      (one) => one.platform === platform && one.from === from && one.to === to,
    );
    if (state === (was?.state ?? "waiting")) return [];
    const about = [
      size === undefined ? "" : bytes(size),
      size === undefined || gzSize === undefined ? "" : `${percent(size, gzSize)} of the download`,
      milliseconds === undefined ? "" : duration(milliseconds),
      readable(reason ?? ""),
    ];
    return `  patch ${from} -> ${to} ${platform} ${state}${inBrackets(about)}`;
  });
}

function tellStep({ name, state, milliseconds, note }: Step): string {
  const time = milliseconds !== undefined && state !== "running" ? duration(milliseconds) : "";
  return `${name.toLowerCase()} ${state}${inBrackets([time, harmless(note)])}`;
}

function inBrackets(about: readonly string[]): string {
  const told = about.filter(Boolean).join(", ");
  return told === "" ? "" : ` (${told})`;
}
