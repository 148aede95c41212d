import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { programFor } from "../../cli/run.ts";
import { venvBin } from "../../local/paths.ts";
import { root } from "../../tools/checkout.ts";
import { quietIo } from "../cli/quiet-io.ts";
import { blocksOf, inlineCodeOf, PAGES } from "./pages.ts";

/** What a page tells people to type: the words before options, and the options. */
interface Use {
  page: string;
  text: string;
  words: string[];
  options: string[];
}

/** Quoted text holds no command and no option of the one around it. */
const withoutQuoted = (line: string) => line.replaceAll(/'[^']*'|"(?:[^"\\]|\\.)*"/g, "Q");

/** Lines, those that go on as one, without their comments. */
const linesOf = (text: string) =>
  text
    .replaceAll(/\\\n\s*/g, " ")
    .split("\n")
    .map((line) => withoutQuoted(line).replace(/(^|\s)#.*/, ""));

const shown = PAGES.flatMap((page) => {
  const blocks = blocksOf(page).filter(({ language }) => ["", "sh", "console"].includes(language));
  const lines = [...blocks.map(({ text }) => text), ...inlineCodeOf(page)].flatMap(linesOf);
  return lines.map((line) => ({ page, line }));
});

/** Each use of a program that begins so, up to where the shell begins another. */
function uses(beginning: string): Use[] {
  const pattern = new RegExp(`(?<![\\w./-])${beginning}(?=[ ]|$)([^|;&)]*)`, "g");
  const found = shown.flatMap(({ page, line }) =>
    [...line.matchAll(pattern)].map(([text, rest = ""]) => {
      const all = rest.split(/[\s:,.]*(?:\s|$)/).filter(Boolean);
      const at = all.findIndex((word) => word.startsWith("-"));
      const words = at < 0 ? all : all.slice(0, at);
      const options = all.flatMap((word) => /^\[?(--[a-z][a-z-]*)/.exec(word)?.[1] ?? []);
      return { page, text: text.trim(), words, options };
    }),
  );
  return [...new Map(found.map((use) => [`${use.page} ${use.text}`, use])).values()];
}

/** A name and not a part of a sentence or of a usage: `<cmd>`, `...`. */
const isName = (word: string | undefined): word is string =>
  word !== undefined && /^[a-z][\w:-]*$/.test(word);
const named = (all: Use[]) => all.map((use) => [use.page, use.text, use] as const);

const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** npm's own options are before `--`, the script's behind it; `--silent` may stand before the script's name. */
const npmUses = [...uses("npm run --silent"), ...uses("npm run")].filter(({ words }) => isName(words[0]));

function npmProblem({ words, options }: Use): string | undefined {
  const [name = ""] = words;
  const script = scripts[name];
  if (script === undefined) return `package.json has no script ${name}`;
  // A script's options are in its usage, or where it parses them: beside its main file.
  const main = /node bin\/run\.mjs (\S+\/main\.ts)/.exec(script)?.[1];
  if (main === undefined) return undefined;
  const source = execFileSync("git", ["grep", "-h", "-e", "--", "--", "*.ts"], {
    cwd: join(root, dirname(main)),
    encoding: "utf8",
  });
  const unknown = options.filter((option) => !["--", "--silent"].includes(option) && !has(source, option));
  return unknown.length === 0 ? undefined : `${dirname(main)} knows nothing of ${unknown.join(", ")}`;
}
const has = (source: string, option: string) => new RegExp(`${option}(?![a-z-])`).test(source);

describe("npm", () => {
  test("is looked at", () => expect(npmUses.length).toBeGreaterThan(25));
  test.each(named(npmUses))("%s: %s", (_page, _text, use) => expect(npmProblem(use)).toBeUndefined());
  test.each([
    ["no-such-script", []],
    ["smoke", ["--no-such-option"]],
    ["local", ["--conf"]],
  ])("would be found wrong: %s %j", (name, options) => {
    expect(npmProblem({ page: "", text: "", words: [name], options })).toBeDefined();
  });
  test("has the short forms that pages show", () => {
    const short = new Set(uses("npm").flatMap(({ words }) => words[0] ?? []));
    expect([...short].filter((word) => !["ci", "run"].includes(word) && !(word in scripts))).toEqual([]);
  });
});

const { commands: cdk, globalOptions } = JSON.parse(
  readFileSync(join(root, "node_modules/aws-cdk/lib/cli/cli-type-registry.json"), "utf8"),
) as { commands: Record<string, { options?: object }>; globalOptions: object };

function cdkProblem({ words, options }: Use): string | undefined {
  const command = cdk[words[0] ?? ""];
  if (command === undefined) return `cdk has no command ${words[0]}`;
  const known = Object.keys({ ...globalOptions, ...command.options }).map((name) => `--${name}`);
  const unknown = options.filter((option) => !known.includes(option) && option !== "--quiet");
  return unknown.length === 0 ? undefined : `cdk ${words[0]} has no ${unknown.join(", ")}`;
}

describe("npx", () => {
  const all = uses("npx").filter(({ words }) => isName(words[0]));
  test("is looked at", () => expect(all.length).toBeGreaterThan(40));

  test("finds each program", () => {
    const programs = new Set(all.map(({ words }) => words[0] ?? ""));
    const isThere = (name: string) =>
      name === "hkdist" || existsSync(join(root, "node_modules", ".bin", name));
    expect([...programs].filter((name) => !isThere(name))).toEqual([]);
  });

  const cdkUses = uses("npx cdk").filter(({ words }) => words.length > 0);
  test("cdk is looked at", () => expect(cdkUses.length).toBeGreaterThan(5));
  test.each(named(cdkUses))("%s: %s", (_page, _text, use) => expect(cdkProblem(use)).toBeUndefined());
  test.each([
    ["deplpoy", []],
    ["deploy", ["--no-such-option"]],
  ])("would be found wrong: cdk %s %j", (name, options) => {
    expect(cdkProblem({ page: "", text: "", words: [name], options })).toBeDefined();
  });
});

const program = programFor(quietIo().io, () => {});

function hkdistProblem({ words, options }: Use): string | undefined {
  const command = program.commands.find((one) => one.name() === words[0]);
  if (command === undefined) return `hkdist has no command ${words[0]}`;
  const known = ["--help", ...command.options.map(({ long }) => long)];
  const unknown = options.filter((option) => !known.includes(option));
  return unknown.length === 0 ? undefined : `hkdist ${words[0]} has no ${unknown.join(", ")}`;
}

describe("npx hkdist", () => {
  const all = uses("npx hkdist").filter(({ words }) => isName(words[0]));
  test("is looked at", () => expect(all.length).toBeGreaterThan(30));
  test.each(named(all))("%s: %s", (_page, _text, use) => expect(hkdistProblem(use)).toBeUndefined());
  test.each([
    ["relase", []],
    ["release", ["--publish"]],
  ])("would be found wrong: %s %j", (name, options) => {
    expect(hkdistProblem({ page: "", text: "", words: [name], options })).toBeDefined();
  });
});

describe("options that stand by themselves", () => {
  /** Of the AWS CLI, which the sentence names. */
  const OTHERS = ["--endpoint-url"];
  const own = execFileSync(
    "git",
    ["grep", "-h", "-e", "--", "--", "*.ts", "*.sh", ":!test", ":!node_modules"],
    {
      cwd: root,
      encoding: "utf8",
    },
  );
  const hkdist = program.commands.flatMap((command) => command.options.map(({ long }) => long));
  const isKnown = (option: string) => hkdist.includes(option) || OTHERS.includes(option) || has(own, option);
  const all = PAGES.flatMap((page) =>
    inlineCodeOf(page).flatMap((code) => {
      const option = /^--[a-z][a-z-]*/.exec(code)?.[0];
      return option === undefined ? [] : [[page, option] as const];
    }),
  );
  test("are looked at", () => expect(all.length).toBeGreaterThan(20));
  test.each(all)("%s: %s", (_page, option) => expect(option).toSatisfy(isKnown));
  test("would be found wrong", () => expect(isKnown("--not-publish")).toBe(false));
});

describe("scripts", () => {
  /** A hook is the configuration's own: pages take the example's. */
  const FOLDERS = ["", "examples", "buildspec"];
  const isThere = (file: string) => FOLDERS.some((folder) => existsSync(join(root, folder, file)));
  const all = [...uses("node"), ...uses("bash")].filter(({ words }) => /\.\w+$/.test(words[0] ?? ""));
  test("are looked at", () => expect(all.length).toBeGreaterThan(0));
  test.each(named(all))("%s: %s", (_page, _text, { words }) => expect(words[0]).toSatisfy(isThere));
  test("would be found missing", () => expect(isThere("no-such-script.sh")).toBe(false));
});

describe("paths in the pages", () => {
  const FOLDERS =
    /^(audit|bench|bin|buildspec|cli|cost|demo|docs|examples|import|lambda|lib|local|native|picture|smoke|test|tools|verify)\/[\w./-]*\w$/;
  const paths = PAGES.filter((page) => !page.includes("/fixtures/") && !page.includes("/testdata/")).flatMap(
    (page) =>
      inlineCodeOf(page)
        .filter((code) => FOLDERS.test(code))
        .map((code) => [page, code] as const),
  );
  test("are looked at", () => expect(paths.length).toBeGreaterThan(10));
  test.each(paths)("%s: %s", (_page, path) => expect(path).toSatisfy((one) => existsSync(join(root, one))));
});

describe("aws", () => {
  const all = uses("aws").filter(({ words }) => isName(words[0]));
  const operationOf = ({ words: [, operation] }: Use) => (isName(operation) ? operation : null);
  const asked = (use: Use) => [use.words[0], operationOf(use), use.options] as const;
  const ask = (questions: unknown[]) =>
    JSON.parse(
      execFileSync(join(venvBin, "python"), [join(import.meta.dirname, "aws-commands.py")], {
        input: JSON.stringify(questions),
        encoding: "utf8",
      }),
    ) as (string | null)[];

  let problems: (string | null)[];
  beforeAll(() => {
    problems = ask(all.map(asked));
  });

  test("is looked at", () => expect(all.length).toBeGreaterThan(50));
  test.each(
    all.map((use, index) => [use.page, use.text, index] as const),
  )("%s: %s", (_page, _text, index) => {
    expect(problems[index]).toBeNull();
  });
  test("would be found wrong", () => {
    const wrong = [
      ["s3apii", "put-object", []],
      ["s3api", "put-objects", []],
      ["s3api", "put-object", ["--if-non-match"]],
    ];
    expect(ask(wrong)).toEqual(wrong.map(() => expect.any(String)));
  });
});
