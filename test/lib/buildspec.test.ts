import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { root } from "../../tools/checkout.ts";
import { onAws } from "./stages.ts";

const folder = join(root, "buildspec");
const files = readdirSync(folder).filter((name) => name.endsWith(".yml"));

const commands = z.array(z.string().min(1)).min(1);
const phase = z.strictObject({
  "run-as": z.string().optional(),
  "on-failure": z
    .string()
    .regex(/^(ABORT|CONTINUE|RETRY(-\d+)?(-.+)?)$/)
    .optional(),
  commands: commands.optional(),
  finally: commands.optional(),
});
const runtimes = z.record(z.string(), z.string()); // text: 1.10 as a number would be 1.1

/** Version 0.2 as https://docs.aws.amazon.com/codebuild/latest/userguide/build-spec-ref.html has it, without what takes artifacts and reports. */
const buildspec = z.strictObject({
  version: z.literal(0.2),
  "run-as": z.string().optional(),
  env: z
    .strictObject({
      shell: z.enum(["bash", "/bin/sh"]).optional(),
      variables: z.record(z.string(), z.string()).optional(),
      "parameter-store": z.record(z.string(), z.string()).optional(),
      "secrets-manager": z.record(z.string(), z.string()).optional(),
      "exported-variables": z.array(z.string().regex(/^[A-Za-z_]\w*$/)).optional(),
      "git-credential-helper": z.enum(["yes", "no"]).optional(),
    })
    .optional(),
  phases: z.strictObject({
    install: phase.extend({ "runtime-versions": runtimes.optional() }).optional(),
    pre_build: phase.optional(),
    build: phase.optional(),
    post_build: phase.optional(),
  }),
});

it.each(files)("%s has only what CodeBuild knows", (file) => {
  expect(buildspec.safeParse(parse(readFileSync(join(folder, file), "utf8"))).error?.issues ?? []).toEqual(
    [],
  );
});

it.each(files)("every script that %s runs is there", (file) => {
  const { phases } = buildspec.parse(parse(readFileSync(join(folder, file), "utf8")));
  const lines = Object.values(phases).flatMap((one) => [...(one?.commands ?? []), ...(one?.finally ?? [])]);
  const scripts = lines.flatMap((line) => line.match(/[\w./-]+\.sh\b/g) ?? []);
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.filter((script) => !existsSync(join(folder, script)))).toEqual([]);
});

it("projects name exactly the buildspecs that are there", () => {
  const projects = onAws().ofType("AWS::CodeBuild::Project");
  const named = projects.map(
    ([, { Properties }]) => (Properties["Source"] as { BuildSpec: string }).BuildSpec,
  );
  expect([...new Set(named)].toSorted()).toEqual(files.toSorted());
});

it.each([
  ["a key that is none", "version: 0.2\nphases: {build: {comands: [ls]}}"],
  ["another version", "version: 0.1\nphases: {build: {commands: [ls]}}"],
  ["a Go that YAML reads as a number", "version: 0.2\nphases: {install: {runtime-versions: {golang: 1.20}}}"],
])("would find %s", (_, text) => {
  expect(buildspec.safeParse(parse(text)).success).toBe(false);
});
