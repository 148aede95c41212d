import { isPlatform } from "../shared/names.ts";
import { guessPlatform } from "./user-agent.ts";

/**
 * What else a machine runs, nearest first: Rosetta on Apple silicon, Windows' emulation on ARM, and 32-bit programs on
 * 64-bit Intel. Not on a Mac, where they are gone, and not on ARM, where many 64-bit processors never had them.
 */
const ALSO_RUNS: Record<string, string[]> = {
  "darwin-arm64": ["darwin-amd64"],
  "windows-arm64": ["windows-amd64", "windows-386"],
  "windows-amd64": ["windows-386"],
  "linux-amd64": ["linux-386"],
  "freebsd-amd64": ["freebsd-386"],
};

/** The machines that run a platform's binary as well, if there is none for themselves. */
export function alsoRunsOn(platform: string): string[] {
  return Object.keys(ALSO_RUNS).filter((machine) => ALSO_RUNS[machine]?.includes(platform));
}

/**
 * The platform whose binary a client of `/{cmd}.gz` gets: the one it asks for, and no other; else the one its User-Agent
 * tells, or the nearest that its machine also runs.
 * @param asked the query's `platform`, or null
 * @param offered the command's current by platform
 * @returns "phone" for a phone or tablet, undefined when there is nothing for that machine
 */
export function choosePlatform(
  asked: string | null,
  userAgent: string,
  offered: ReadonlyMap<string, unknown>,
): string | undefined {
  if (asked !== null) return isPlatform(asked) && offered.has(asked) ? asked : undefined;
  const guess = guessPlatform(userAgent);
  if (guess === undefined || guess === "phone") return guess;
  return [guess, ...(ALSO_RUNS[guess] ?? [])].find((platform) => offered.has(platform));
}
