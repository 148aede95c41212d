import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Whether this machine lacks one of the programs; says loudly what is then not tested. */
export function lacks(programs: string[], untested: string): boolean {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  const missing = programs.filter((program) => !places.some((place) => existsSync(join(place, program))));
  if (missing.length > 0)
    console.error(`NOT TESTED: ${untested}. This machine has no ${missing.join(", no ")}.`);
  return missing.length > 0;
}
