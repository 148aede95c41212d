import type { Writable } from "node:stream";
import { quote } from "../tools/quote.ts";

export type Out = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** Where a command reads and writes: the process's, or a test's. */
export interface Io {
  /** The command line, without the program. */
  args: readonly string[];
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: Out;
  stderr: Out;
  env: NodeJS.ProcessEnv;
  /** Calls back at the first Ctrl-C, instead of ending. @returns how to stop that */
  onInterrupt: (listener: () => void) => () => void;
}

function isTerminal({ stdout, env }: Pick<Io, "stdout" | "env">): boolean {
  return stdout.isTTY === true && env["CI"] !== "true" && env["CI"] !== "1" && env["TERM"] !== "dumb";
}

/** What was typed, to be typed again with more. */
export function typed({ args }: Pick<Io, "args">): string {
  return ["npx", "hkdist", ...args].map(quote).join(" ");
}

/** Whether what is written can be drawn over. A terminal may not know its size, such as a serial line: it tells 0. */
export function canDraw({ stdout, env }: Pick<Io, "stdout" | "env">): boolean {
  return isTerminal({ stdout, env }) && stdout.columns !== 0;
}

/** Whether somebody is there to answer. */
export function canAsk({ stdin, stdout, env }: Io): boolean {
  return stdin.isTTY === true && isTerminal({ stdout, env });
}
