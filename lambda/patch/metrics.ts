import type { Context } from "aws-lambda";
import { logMetrics } from "../shared/metric.ts";
import type { Resources, Room } from "./limits.ts";

/** Names of metrics that lib/ draws and watches. */
export const METRICS = {
  /** The patch's size, in percent of the full download's; by command. */
  ratio: "PatchRatio",
  /** What a pair took, in percent of what the function has. */
  memory: "PatchMemory",
  time: "PatchTime",
  /** The larger of both. */
  limit: "PatchLimit",
} as const;

/** How much smaller a patch made the download. @param size bytes; @param gzSize bytes of the full download */
export function measureRatio(cmd: string, size: number, gzSize: number): void {
  logMetrics("patch ratio", "Percent", { [METRICS.ratio]: percent(size, gzSize) }, { cmd });
}

/** What a call took of the function. The memory is the process's peak, so a call never looks better than one before it. */
export function measureRoom(context: Context, seconds: number): void {
  const limit = seconds + context.getRemainingTimeInMillis() / 1000;
  const memory = percent(process.resourceUsage().maxRSS, Number(context.memoryLimitInMB) * 1024);
  logRoom(memory, percent(seconds, limit));
}

/** A pair that was not begun for what it lacks: above 100 percent of something. */
export function measureLack(needs: Resources, there: Room): void {
  logRoom(percent(needs.memory, there.memory), percent(needs.seconds, there.seconds));
}

function logRoom(memory: number, time: number): void {
  logMetrics("patch room", "Percent", {
    [METRICS.memory]: memory,
    [METRICS.time]: time,
    [METRICS.limit]: Math.max(memory, time),
  });
}

const percent = (part: number, whole: number) => Math.round((part / whole) * 1000) / 10;
