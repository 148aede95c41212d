import { randomBytes } from "node:crypto";

/** A command that nobody has: everything that the checks make is under its name. */
export type OwnCommand = string & { readonly own: unique symbol };

const FORM = /^hkdist-smoke-[0-9a-f]{16}$/;

export function newCommand(): OwnCommand {
  return `hkdist-smoke-${randomBytes(8).toString("hex")}` as OwnCommand;
}

/** @throws Error for any other command: what has no such name is never removed */
export function ownCommand(cmd: string): OwnCommand {
  if (!FORM.test(cmd)) throw new Error(`${JSON.stringify(cmd)} is not a command of these checks`);
  return cmd as OwnCommand;
}
