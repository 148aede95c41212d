/** What the log of a build tells of its platforms; sizes in bytes, times in seconds. */
export interface BuildLog {
  /** In the order in which they are compiled. */
  platforms: { platform: string; outcome?: PlatformOutcome }[];
}

export type PlatformOutcome =
  | { built: true; seconds: number; size: number; gzSize?: number }
  /** The compiler's words. */
  | { built: false; seconds: number; messages: string[] };

/** How the lines begin that CodeBuild writes itself. */
export const CODEBUILDS_OWN = "[Container]";

const BEGUN = /^building \S+ \S+ with Go \S+ for (.+)$/;
const BUILT = /^(\S+) built in (\d+) s, ([\d,]+) bytes$/;
/** Some time after that: the next platform is compiled meanwhile. */
const STORED = /^(\S+) stored, ([\d,]+) bytes$/;
const FAILED = /^(\S+) failed after (\d+) s:$/;
/** What is told of a store that was under way meanwhile. */
const STORING = /^(\S+: something is already stored there$|\S+ is built, but not stored$|could not store )/;
/** What Go says before it says what is wrong. */
const FETCHED = /^go: downloading /;
const ENDED = /^report stored as /;

/** Reads the lines that buildspec/build.sh writes: a test holds them against the script. */
export function readBuildLog(lines: readonly string[]): BuildLog {
  const platforms: BuildLog["platforms"] = [];
  const settle = (platform: string, outcome: PlatformOutcome) => {
    const found = platforms.find((one) => one.platform === platform);
    if (found !== undefined) found.outcome = outcome;
  };
  let messages: string[] | undefined;
  for (const line of lines) {
    const begun = BEGUN.exec(line);
    const built = BUILT.exec(line);
    const stored = STORED.exec(line);
    const failed = FAILED.exec(line);
    const ended = ENDED.test(line) || STORING.test(line) || line.startsWith(CODEBUILDS_OWN);
    if (begun || built || stored || failed || ended) messages = undefined;
    if (begun) {
      const [, names = ""] = begun;
      platforms.push(...names.split(" ").map((platform) => ({ platform })));
    } else if (built) {
      const [, platform = "", seconds, size = ""] = built;
      settle(platform, { built: true, seconds: Number(seconds), size: number(size) });
    } else if (stored) {
      const [, platform = "", gzSize = ""] = stored;
      const outcome = platforms.find((one) => one.platform === platform)?.outcome;
      if (outcome?.built) outcome.gzSize = number(gzSize);
    } else if (failed) {
      const [, platform = "", seconds] = failed;
      messages = [];
      settle(platform, { built: false, seconds: Number(seconds), messages });
    } else if (!FETCHED.test(line)) messages?.push(line);
  }
  return { platforms };
}

/** `1,234,567` -> 1234567. */
function number(grouped: string): number {
  return Number(grouped.replaceAll(",", ""));
}
