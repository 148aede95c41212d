import { stripVTControlCharacters, styleText } from "node:util";

/** Puts a style on a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;
export type Style = "good" | "bad" | "warning" | "quiet" | "strong";

const FORMATS = {
  good: "green",
  bad: "red",
  warning: "yellow",
  quiet: "dim",
  strong: "bold",
} as const satisfies Record<Style, Parameters<typeof styleText>[0]>;

export const plain: Paint = (_style, text) => text;
const coloured: Paint = (style, text) => styleText(FORMATS[style], text, { validateStream: false });

/** Colours for a terminal whose user did not say NO_COLOR (https://no-color.org); FORCE_COLOR asks for them anywhere. */
export function paintFor(isTerminal: boolean, env: NodeJS.ProcessEnv): Paint {
  if (env["NO_COLOR"]) return plain;
  const forced = env["FORCE_COLOR"];
  if (forced !== undefined) return forced === "0" ? plain : coloured;
  return isTerminal && env["TERM"] !== "dumb" ? coloured : plain;
}

/** What others wrote (compilers, people), as text that cannot move the cursor or colour what follows. */
export function harmless(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not get to the terminal
  return stripVTControlCharacters(text).replaceAll(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/g, "");
}

/** A sentence of a machine's, harmless, and with executions by their names: their ARNs have a hundred characters before it. */
export function readable(text: string): string {
  return harmless(text).replaceAll(/arn:[\w-]+:states:[\w-]+:\d+:execution:[\w-]+:([\w-]+)/g, "$1");
}
