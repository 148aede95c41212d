/** A line of a build's log, and when it was written: milliseconds since 1970. */
export interface LogLine {
  at: number;
  text: string;
}

/** A part of a build: seconds. */
export interface BuildPart {
  name: string;
  seconds: number;
}

/** What ends each part, as buildspec/build.sh says it. */
const ENDS: [RegExp, (match: RegExpExecArray) => string][] = [
  [/^archive and Go ready/, () => "archive and Go"],
  [/^(\S+) built in/, ([, platform = ""]) => `compiling ${platform}`],
  [/^\S+ stored,/, () => "waiting for a store"],
  [/^report stored as/, () => "the report"],
];

/**
 * Where a build's time goes, one part after another: binaries are stored while the next platform is compiled, so that only the last
 * one is waited for for long.
 * @param begun when the build began: milliseconds since 1970
 */
export function buildParts(begun: number, lines: readonly LogLine[]): BuildPart[] {
  const parts: BuildPart[] = [];
  let before = begun;
  for (const { at, text } of lines) {
    for (const [end, nameOf] of ENDS) {
      const match = end.exec(text);
      if (match === null) continue;
      parts.push({ name: nameOf(match), seconds: (at - before) / 1000 });
      before = at;
    }
  }
  return parts;
}
