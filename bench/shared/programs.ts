import { isInPath } from "../../tools/in-path.ts";
import { UserError } from "../../tools/user-error.ts";

/** A program that is taken from PATH, with Debian's package. */
export interface Program {
  name: string;
  debian: string;
}

export const BSDIFF: Program = { name: "bsdiff", debian: "bsdiff" };

/** Why a program cannot be had, if so. */
export function lackOfProgram({ name, debian }: Program): string | undefined {
  if (isInPath(name)) return undefined;
  return `there is no ${name} in PATH (Debian and Ubuntu: apt-get install ${debian})`;
}

/** @throws UserError when the program cannot be had */
export function needProgram(program: Program): void {
  const lack = lackOfProgram(program);
  if (lack !== undefined) throw new UserError(`This compares with ${program.name}, and ${lack}.`);
}
