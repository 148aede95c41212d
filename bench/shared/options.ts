import { GO_PLATFORMS } from "../../lib/config/go-platforms.ts";

/** A whole number from `least` on; undefined when the text is none. */
export function wholeNumber(text: string, least = 1): number | undefined {
  const number = Number(text);
  return /^\d+$/.test(text) && number >= least ? number : undefined;
}

/** Platforms, as in `linux-amd64,darwin-arm64`; undefined when Go knows one of them not. */
export function platformList(text: string): string[] | undefined {
  const platforms = [...new Set(text.split(","))];
  return platforms.every((one) => GO_PLATFORMS.has(one)) ? platforms : undefined;
}

/** Those of `known` that a text such as `age,yq` names, in their own order; undefined when it names another one. */
export function namedOf<Known extends { name: string }>(
  text: string,
  known: readonly Known[],
): Known[] | undefined {
  const names = text.split(",");
  const found = known.filter(({ name }) => names.includes(name));
  return found.length === new Set(names).size ? found : undefined;
}
