import { readFileSync } from "node:fs";

/** The text of a file in web/: what runs at those who visit, in a browser or a shell. It lies beside the bundle, too. */
export function webFile(name: string): string {
  return readFileSync(new URL(`web/${name}`, import.meta.url), "utf8");
}
