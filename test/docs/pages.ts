import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/checkout.ts";

/** Not ours, or made by running something. */
const FOREIGN = new Set(["node_modules", ".local", ".git", "cdk.out"]);

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    if (FOREIGN.has(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Every page: README.md, docs/ with its folders, and the README.md of any other folder. Paths from the checkout. */
export const PAGES = filesBelow("").filter(
  (file) => file.endsWith("/README.md") || file === "README.md" || /^docs\/.*\.md$/.test(file),
);

export const textOf = (page: string) => readFileSync(join(root, page), "utf8");

/** A fenced block: what stands behind its first fence, and its lines without their common indentation. */
export interface Block {
  language: string;
  text: string;
}

const FENCED = /^( *)```(\w*)\n([\s\S]*?)^\1```$/gm;

export function blocksOf(page: string): Block[] {
  return [...textOf(page).matchAll(FENCED)].map(([, indent = "", language = "", text = ""]) => ({
    language,
    text: text.replaceAll(new RegExp(`^${indent}`, "gm"), ""),
  }));
}

/** A page without its blocks. */
export const proseOf = (page: string) => textOf(page).replaceAll(FENCED, "");

/** What stands between backticks, as one line each. */
export function inlineCodeOf(page: string): string[] {
  return [...proseOf(page).matchAll(/(`+)([^`](?:[\s\S]*?[^`])?)\1(?!`)/g)].map(([, , code = ""]) =>
    code.replaceAll(/\s+/g, " ").trim(),
  );
}

/** The anchors of a page's headings, as GitHub makes them: a second one of the same words gets `-1`. */
export function anchorsOf(page: string): string[] {
  const seen = new Map<string, number>();
  return [...proseOf(page).matchAll(/^#{1,6} +(.*?) *#*$/gm)].map(([, heading = ""]) => {
    const slug = heading
      .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, "$1")
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N}\p{M}\p{Pc} -]/gu, "")
      .replaceAll(" ", "-");
    const before = seen.get(slug) ?? 0;
    seen.set(slug, before + 1);
    return before === 0 ? slug : `${slug}-${before}`;
  });
}

/** Where the links and pictures of a page lead, as they are written. */
export function targetsOf(page: string): string[] {
  const prose = proseOf(page).replaceAll(/`[^`]*`/g, "code");
  return [...prose.matchAll(/\]\(([^()\s]*(?:\([^()\s]*\))?[^()\s]*)\)/g)].map(([, target = ""]) => target);
}
