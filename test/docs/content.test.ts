import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { AWAITED_ERRORS, FINAL_ERRORS } from "../../lambda/shared/error-names.ts";
import { checkConfig } from "../../lib/config/load-config.ts";
import { configSchema } from "../../lib/config/schema.ts";
import { root } from "../../tools/checkout.ts";
import { blocksOf, PAGES, textOf } from "./pages.ts";

/** As `wc -w` counts. */
const wordsOf = (page: string) => textOf(page).split(/\s+/).filter(Boolean).length;

/**
 * Ten minutes are some 2,000 words: README, and a guide, or two guides. So a guide has 1,000 words at most. Pages in which things are
 * looked up, or that hold tables of what was measured, have 1,400. Three are longer, and nobody reads them from end to end.
 */
describe("words", () => {
  const LOOKED_UP = ["cli.md", "faults.md", "invariants.md", "security.md"];
  const LONGER: Record<string, number> = {
    "runbook.md": 2600,
    "first-deployment.md": 2100,
    "performance.md": 2900,
  };
  const limitOf = (name: string) => LONGER[name] ?? (LOOKED_UP.includes(name) ? 1400 : 1000);
  const guides = readdirSync(join(root, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => [`docs/${name}`, limitOf(name)] as const);

  test("names pages that there are", () => {
    const names = guides.map(([page]) => page.slice("docs/".length));
    expect(names).toEqual(expect.arrayContaining([...LOOKED_UP, ...Object.keys(LONGER)]));
  });
  test.each([["README.md", 1000] as const, ...guides])("%s has at most %d", (page, most) => {
    expect(wordsOf(page)).toBeLessThanOrEqual(most);
  });
});

describe("errors", () => {
  /** One of the source's takes the place of the first; one patch ends with the second; the last is waited for. */
  const ENDS_NOTHING = ["SourceRefusedError", "PatchNotProvedError", "NotRecordedYetError"];
  const tables = ["docs/releasing.md", "docs/rolling-back.md"].flatMap((page) =>
    textOf(page)
      .split("\n")
      .filter((line) => /^\| `\w+Error`/.test(line)),
  );
  const told = new Set(tables.flatMap((line) => line.split("|")[1]?.match(/\w+Error/g) ?? []));
  const ours = [...FINAL_ERRORS, ...AWAITED_ERRORS].filter((name) => !ENDS_NOTHING.includes(name));

  test.each(ours)("%s is in a table", (name) => expect([...told]).toContain(name));
  test("are all that the tables have, beside the one that tells that a row never came", () => {
    const others = [...told].filter((name) => !ours.includes(name));
    expect(others).toEqual(["ArtifactNotRecordedError"]);
  });
});

describe("Go code of docs/self-update.md", () => {
  const folder = join(root, "examples", "greet");
  const files = ["main.go", ...readdirSync(join(folder, "updater")).map((name) => join("updater", name))];
  const sources = files
    .filter((name) => name.endsWith(".go"))
    .map((name) => readFileSync(join(folder, name), "utf8"));
  const isTaken = (text: string) => sources.some((source) => source.includes(text));
  const snippets = blocksOf("docs/self-update.md").filter(({ language }) => language === "go");

  test("is looked at", () => expect(snippets.length).toBeGreaterThan(3));
  test.each(snippets.map(({ text }) => [text]))("is the example's: %s", (text) => {
    expect(isTaken(text)).toBe(true);
  });
  test("would be found changed", () => expect(isTaken('version      = "none"\n')).toBe(false));
});

describe("configuration", () => {
  const COMMAND = {
    repository: "https://example.com/greet.git",
    branch: "main",
    mainPackage: ".",
    versionVariable: "main.version",
    platforms: ["linux-amd64"],
  };
  const FIELDS = Object.keys(configSchema.shape);
  const AWS = { endpointUrl: undefined };

  /** With the files that snippets name: those of the tests of signatures, under the pages' names. */
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hkdist-docs-"));
    const signers = join(root, "test", "fixtures", "signers");
    cpSync(join(signers, "release.asc"), join(folder, "release-keys.asc"));
    cpSync(join(signers, "allowed_signers"), join(folder, "allowed_signers"));
    const line = readFileSync(join(signers, "allowed_signers"), "utf8");
    writeFileSync(join(folder, "revoked_keys"), `${/(ssh|ecdsa)-\S+ \S+/.exec(line)?.[0]}\n`);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const evaluated = (text: string) => new Function(`return (${text})`)() as Record<string, unknown>;

  /** A whole configuration, or what is added to one: fields of it, of a command, or a command by its name. */
  function configOf(text: string): unknown {
    const whole = /export default (\{[\s\S]*\}) satisfies Config;/.exec(text)?.[1];
    if (whole !== undefined) return evaluated(whole);
    const part = evaluated(`{${text}\n}`);
    const [key = ""] = Object.keys(part);
    if (FIELDS.includes(key)) return { commands: { greet: COMMAND }, ...part };
    const fields = key === "greet" ? (part[key] as object) : part;
    return { commands: { greet: { ...COMMAND, ...fields } } };
  }

  /** Parts that stand apart by an empty line, and lines that set the same again ("or"), are each checked by themselves. */
  function partsOf(text: string): string[] {
    if (text.includes("export default")) return [text];
    return text.split(/\n\n+/).flatMap((paragraph) => {
      const lines = paragraph.split("\n");
      const keys = lines.map((line) => /^\w+(?=:)/.exec(line)?.[0] ?? line);
      return new Set(keys).size === keys.length ? [paragraph] : lines.filter(Boolean);
    });
  }

  const snippets = PAGES.flatMap((page) =>
    blocksOf(page)
      // docs/cli.md shows shapes of JSON.
      .filter(({ language, text }) => language === "ts" && !text.startsWith("{"))
      .flatMap(({ text }) => partsOf(text).map((part) => [page, part] as const)),
  );

  test("is looked at", () => expect(snippets.length).toBeGreaterThan(8));
  test.each(snippets)("of %s is accepted: %s", (_page, text) => {
    expect(() => checkConfig(configOf(text), AWS, folder)).not.toThrow();
  });
  test.each([
    'signers: { pgp: "release-keys.asc" }',
    "emails: { alert: 1 }",
    'greet: { tag: "v1" }',
  ])("would be refused: %s", (text) => expect(() => checkConfig(configOf(text), AWS, folder)).toThrow());
});
