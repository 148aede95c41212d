import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { installer } from "../../lambda/directory/installer.ts";
import { venvBin } from "../../local/paths.ts";

console.error(
  "NOT TESTED: what the installer for PowerShell does, on Windows or elsewhere. Only its grammar is read.",
);

const script = installer("ps1", {
  cmd: "greet",
  platforms: ["windows-386", "windows-amd64"],
  directoryUrl: "https://directory.example.com/",
  artifactsUrl: "https://artifacts.example.com/",
});

/** What a grammar of PowerShell finds wrong. */
function mistakesIn(text: string): string {
  const parser = join(import.meta.dirname, "parse_powershell.py");
  const { status, stdout, stderr } = spawnSync(join(venvBin, "python"), [parser], {
    input: text,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout;
}

it("is PowerShell, as far as a grammar tells", () => {
  expect(mistakesIn(script)).toBe("");
});

it.each([
  ["a parenthesis less", script.replace("if ($Help)", "if ($Help")],
  ["a quote less", script.replace("$cmd = 'greet'", "$cmd = 'greet")],
  ["a shell's words", script.replace("if ($Help) {", "if [ $Help ]; then")],
])("with %s it is none", (_what, text) => {
  expect(text).not.toBe(script);
  expect(mistakesIn(text)).not.toBe("");
});

it("is none when it was cut, wherever that is behind its parameters", () => {
  const begin = script.indexOf("& {\n");
  for (const part of [0.01, 0.2, 0.4, 0.6, 0.8, 0.99]) {
    const text = script.slice(0, Math.round(begin + (script.trimEnd().length - begin) * part));
    expect([part, mistakesIn(text) === ""]).toEqual([part, false]);
  }
});

it("is ASCII, which Windows PowerShell reads the same everywhere, and never exits", () => {
  expect(script).toMatch(/^[\n -~]*$/);
  const code = script.replaceAll(/^ *#.*$/gm, "");
  expect(code).not.toMatch(/\bexit\b/i);
  // Only PowerShell 7 has these.
  expect(code).not.toMatch(/\?\?|\?\.|&&|\|\||-Parallel\b/);
});
