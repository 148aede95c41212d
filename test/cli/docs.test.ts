import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { EXIT } from "../../cli/errors.ts";
import { programFor } from "../../cli/run.ts";
import { Audited, Doctor, Failure, History, Outcome, Releases, Show, Status } from "../../cli/shapes.ts";
import { root } from "../../tools/checkout.ts";
import { quietIo } from "./quiet-io.ts";
import { shapeText } from "./shape-text.ts";

const read = (file: string) => readFileSync(join(root, file), "utf8");
const CLI = read("docs/cli.md");
const program = programFor(quietIo().io, () => {});

test("docs/cli.md shows the shape of all that --json prints", () => {
  for (const shape of [Outcome, Status, Releases, Show, History, Audited, Doctor, Failure])
    expect(CLI).toContain(`\n${shapeText(shape)}\n`);
});

test("docs/cli.md has every command and every exit code", () => {
  const rows = [...CLI.matchAll(/^\| `([a-z]+)[ `]/gm)].map(([, name]) => name);
  expect(rows).toEqual(program.commands.map((command) => command.name()));
  const codes = [...CLI.matchAll(/^\| (\d+) \|/gm)].map(([, code]) => Number(code));
  expect(codes).toEqual(Object.values(EXIT).toSorted((a, b) => a - b));
});

test("each command's own examples are right, and each has some", () => {
  for (const command of program.commands) {
    const { io, said } = quietIo();
    const own = programFor(io, () => {}).commands.find((one) => one.name() === command.name());
    own?.outputHelp();
    const examples = [...said().matchAll(/^ {2}npx hkdist (\S+)(.*)$/gm)];
    expect(examples.length).toBeGreaterThan(0);
    const known = command.options.map(({ long }) => long);
    for (const [, name, rest = ""] of examples) {
      expect(name).toBe(command.name());
      for (const [option] of rest.replace(/ #.*/, "").matchAll(/--[a-z-]+/g)) expect(known).toContain(option);
    }
  }
});
