import { InvalidArgumentError } from "@commander-js/extra-typings";

/** `a,b` as a list. */
export function listOption(text: string): string[] {
  const list = text.split(",").map((one) => one.trim());
  if (list.some((one) => one === "")) throw new InvalidArgumentError("It must be a list such as a,b.");
  return list;
}

/** A whole number of at least one. */
export function countOption(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("It must be a whole number of at least 1.");
  return Number(text);
}

/** Whole seconds. */
export function secondsOption(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError("It must be whole seconds.");
  return Number(text);
}

/** A version as people write it: their tags have a v. */
export function versionArgument(text: string): string {
  return text.replace(/^v(?=\d)/, "");
}

/** A tag as people write it: its version alone is clear, too. */
export function tagOption(text: string): string {
  return /^\d/.test(text) ? `v${text}` : text;
}
