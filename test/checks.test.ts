import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { venvBin } from "../local/paths.ts";
import { root } from "../tools/checkout.ts";

/** Runs a checker; its output is empty when it has nothing to say. */
async function check(program: string, ...args: string[]): Promise<string> {
  try {
    await promisify(execFile)(program, args, { cwd: root, maxBuffer: 2 ** 24, timeout: 110_000 });
    return "";
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    return stdout + stderr || message;
  }
}

const bin = (name: string) => join(root, "node_modules", ".bin", name);

test("TypeScript finds no mistake", async () => {
  expect(await check(bin("tsc"), "--project", root)).toBe("");
});

test("Biome finds nothing to mend in form or style", async () => {
  expect(await check(bin("biome"), "ci", "--error-on-warnings", root)).toBe("");
});

test("shellcheck finds no mistake in the scripts", async () => {
  const scripts = readdirSync(join(root, "buildspec")).filter((name) => name.endsWith(".sh"));
  const files = [
    ...scripts.map((name) => `buildspec/${name}`),
    "examples/hk-relver.sh",
    "lambda/directory/web/install.sh",
    "picture/session.sh",
    "verify/bin/aws",
    ".ci/run",
  ];
  expect(scripts.length).toBeGreaterThan(0);
  expect(await check(join(venvBin, "shellcheck"), "--external-sources", ...files)).toBe("");
});

test("the example's own tests pass", async () => {
  expect(await check("go", "-C", "examples/greet", "test", "./...")).toBe("");
});
