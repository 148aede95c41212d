import { stripVTControlCharacters } from "node:util";

/** What a terminal was sent, and when: an event of an asciicast v2 (https://docs.asciinema.org/manual/asciicast/v2/). */
export type Output = [seconds: number, kind: "o", text: string];

/** Seconds: what is sent within these is one drawing, which was read in pieces. */
const ONE_DRAWING = 0.03;

/** The longest stretch, in seconds, in which nothing but clocks changes. */
const IDLE = 0.5;

/** The same drawings with less time between them where nothing happened but that clocks went on. */
export function cutIdleTime(outputs: readonly Output[]): Output[] {
  const seen = new Set<string>();
  let news = { recorded: 0, shown: 0 };
  return joinPieces(outputs).map(([recorded, kind, text]) => {
    const shown = news.shown + Math.min(recorded - news.recorded, IDLE);
    const drawing = withoutClocks(text);
    // The live view redraws only lines that changed: which ones alternates while several clocks go on.
    const isIdle = isBlank(text) || (drawing !== text && seen.has(drawing));
    if (!isIdle) news = { recorded, shown };
    seen.add(drawing);
    return [Math.round(shown * 1000) / 1000, kind, text];
  });
}

function joinPieces(outputs: readonly Output[]): Output[] {
  const drawings: Output[] = [];
  for (const [seconds, kind, text] of outputs) {
    const last = drawings.at(-1);
    if (last !== undefined && seconds - last[0] < ONE_DRAWING) last[2] += text;
    else drawings.push([seconds, kind, text]);
  }
  return drawings;
}

/** `9.8 s` and `1 min 05 s` are as good as any other; so is what stands before them in a column. */
function withoutClocks(text: string): string {
  return text.replaceAll(/ *(\d+ min )?\d+(\.\d)? s\b/g, " clock");
}

function isBlank(text: string): boolean {
  return stripVTControlCharacters(text).trim() === "";
}

/** The same with grey for dim, which the emulator that draws the picture does not know. */
export function dimAsGrey(text: string): string {
  return text.replaceAll("\x1b[2m", "\x1b[90m").replaceAll("\x1b[22m", "\x1b[22;39m");
}
