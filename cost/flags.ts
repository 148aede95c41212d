import { UserError } from "../tools/user-error.ts";
import { DEFAULTS, type Shape } from "./shape.ts";

/** Each flag's field, and what it may be. */
export const FLAGS: { [flag: string]: { field: keyof Shape; least: number; most: number; whole: boolean } } =
  {
    users: { field: "users", least: 0, most: 1e9, whole: true },
    "releases-per-month": { field: "releasesPerMonth", least: 0, most: 10_000, whole: false },
    platforms: { field: "platforms", least: 1, most: 50, whole: true },
    "size-mb": { field: "sizeMb", least: 0.1, most: 2000, whole: false },
    commands: { field: "commands", least: 1, most: 1000, whole: true },
    bases: { field: "bases", least: 0, most: 50, whole: true },
    "checks-per-day": { field: "checksPerDay", least: 0, most: 86_400, whole: false },
    "months-kept": { field: "monthsKept", least: 1, most: 1200, whole: true },
    domain: { field: "domain", least: 0, most: 1, whole: true },
    "patch-share": { field: "patchShare", least: 0, most: 1, whole: false },
  };

/** @throws UserError that names every flag that is missing or wrong */
export function shapeOf(values: { [flag: string]: string | undefined }): Shape {
  const shape: Partial<Record<keyof Shape, number>> = { ...DEFAULTS };
  const problems: string[] = [];
  for (const [flag, { field, least, most, whole }] of Object.entries(FLAGS)) {
    const text = values[flag];
    if (text === undefined) {
      if (shape[field] === undefined) problems.push(`--${flag} is missing`);
      continue;
    }
    const number = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
    const isRight = number >= least && number <= most && (!whole || Number.isInteger(number));
    if (!isRight) {
      const kind = whole ? "a whole number" : "a number";
      problems.push(`--${flag} must be ${kind} from ${least} to ${most}, not ${JSON.stringify(text)}`);
    }
    shape[field] = number;
  }
  if (problems.length > 0) throw new UserError(problems.join("\n"));
  return shape as Shape;
}
