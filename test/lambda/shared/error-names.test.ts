import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { AWAITED_ERRORS, FINAL_ERRORS, SOURCE_REFUSALS } from "../../../lambda/shared/error-names.ts";
import * as errors from "../../../lambda/shared/errors.ts";
import { root } from "../../../tools/checkout.ts";

it("every error of ours is either final or waited for", () => {
  const { HkdistError: _, ...named } = errors;
  const ours = [...FINAL_ERRORS, ...AWAITED_ERRORS];
  expect(Object.keys(named).filter((name) => ours.filter((one) => one === name).length !== 1)).toEqual([]);
});

it("so is everything that the source build's scripts refuse a release for, and what plan refuses for it", () => {
  const textOf = (folder: string) =>
    readdirSync(join(root, folder))
      .map((file) => readFileSync(join(root, folder, file), "utf8"))
      .join("\n");
  const [scripts, plan] = [textOf("buildspec"), textOf("lambda/plan")];
  const names = [
    ...(scripts.match(/\b[A-Z][A-Za-z]+Error\b/g) ?? []),
    ...[...plan.matchAll(/new SourceRefusedError\(\s*"(\w+)"/g)].map(([, name]) => name),
  ];
  expect([...new Set(names)].sort()).toEqual([...SOURCE_REFUSALS].sort());
});
