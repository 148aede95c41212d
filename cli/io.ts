import type { Writable } from "node:stream";

export type Out = Writable & { isTTY?: boolean; columns?: number; rows?: number };

/** Where a command reads and writes: the process's, or a test's. */
export interface Io {
  stdin: NodeJS.ReadableStream & { isTTY?: boolean };
  stdout: Out;
  stderr: Out;
  env: NodeJS.ProcessEnv;
  /** Calls back at the first Ctrl-C, instead of ending. @returns how to stop that */
  onInterrupt: (listener: () => void) => () => void;
}

/** Whether what is written can be drawn over. */
export function canDraw({ stdout, env }: Pick<Io, "stdout" | "env">): boolean {
  return stdout.isTTY === true && env["CI"] !== "true" && env["CI"] !== "1" && env["TERM"] !== "dumb";
}

/** Whether somebody is there to answer. */
export function canAsk({ stdin, stdout, env }: Io): boolean {
  return stdin.isTTY === true && canDraw({ stdout, env });
}
