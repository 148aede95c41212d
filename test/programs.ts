import { isInPath } from "../tools/in-path.ts";

/** Whether this machine lacks one of the programs; says loudly what is then not tested. */
export function lacks(programs: string[], untested: string): boolean {
  const missing = programs.filter((program) => !isInPath(program));
  if (missing.length > 0)
    console.error(`NOT TESTED: ${untested}. This machine has no ${missing.join(", no ")}.`);
  return missing.length > 0;
}
