import { existsSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { root } from "../../tools/checkout.ts";
import { anchorsOf, PAGES, targetsOf } from "./pages.ts";

const isElsewhere = (target: string) => /^[a-z]+:/.test(target);

/** The file or folder that a link leads to, and the heading there. */
function resolved(page: string, target: string) {
  const [path = "", anchor] = target.split("#");
  return { file: path === "" ? page : relative(root, join(root, dirname(page), path)), anchor };
}

/** What is wrong with a link, if anything. */
function problemOf(page: string, target: string): string | undefined {
  const { file, anchor } = resolved(page, target);
  if (file.startsWith("..")) return "leads out of the checkout";
  if (!existsSync(join(root, file))) return `there is no ${file}`;
  if (anchor === undefined) return undefined;
  if (!file.endsWith(".md")) return `${file} has no headings`;
  return anchorsOf(file).includes(anchor) ? undefined : `${file} has no heading #${anchor}`;
}

describe("links", () => {
  const links = PAGES.flatMap((page) =>
    targetsOf(page)
      .filter((target) => !isElsewhere(target))
      .map((target) => [page, target] as const),
  );

  test("are looked at", () => expect(links.length).toBeGreaterThan(150));

  test.each(links)("in %s: %s", (page, target) => {
    expect(problemOf(page, target)).toBeUndefined();
  });

  test.each([
    ["README.md", "docs/no-such-page.md"],
    ["README.md", "docs/cost.md#no-such-heading"],
    ["docs/cost.md", "#no-such-heading"],
    ["docs/cost.md", "../../elsewhere.md"],
  ])("would be found wrong in %s: %s", (page, target) => {
    expect(problemOf(page, target)).toBeDefined();
  });
});

test("every page is reached from docs/README.md, by links and through folders that are linked", () => {
  const reached = new Set<string>();
  const look = (file: string) => {
    if (reached.has(file) || !existsSync(join(root, file))) return;
    reached.add(file);
    if (statSync(join(root, file)).isDirectory()) {
      for (const page of PAGES.filter((one) => dirname(one) === file)) look(page);
    } else if (file.endsWith(".md")) {
      for (const target of targetsOf(file)) if (!isElsewhere(target)) look(resolved(file, target).file);
    }
  };
  look("docs/README.md");
  const pages = PAGES.filter((page) => page.startsWith("docs/") || page === "README.md");
  expect(pages.filter((page) => !reached.has(page))).toEqual([]);
});
