import { afterAll, beforeAll, expect, test } from "vitest";
import type { Installed } from "../faults/client.ts";
import { Injector } from "../faults/injector.ts";
import { randomOf, runOnce } from "../faults/run.ts";
import { World } from "../faults/world.ts";
import { PLATFORMS } from "./commands.ts";
import { faults, local, repositoryOf } from "./setting.ts";

// A few runs of test/faults; `npm run test:faults` makes as many as one likes.
const SEED = 13;
const RUNS = process.env["HKDIST_TEST_ALL"] ? [1, 2, 3, 4] : [1, 2];

const cmd = "greet-faulty";
const world = new World({
  local,
  cmd,
  injector: Injector.at(faults),
  repository: repositoryOf(cmd),
  platforms: PLATFORMS,
  bases: 8,
});
beforeAll(() => world.begin());
afterAll(() => world.end());

let installed: Installed | undefined;
const before: string[] = [];
// An execution that hangs is stopped after 150 s, and up to four are made.
test.each(RUNS)("nothing is lost and nothing is wrong after run %i", { timeout: 900_000 }, async (number) => {
  const result = await runOnce(world, number, randomOf(SEED, number), installed, before);
  installed = result.installed;
  if (installed !== undefined && installed.version !== before.at(-1)) before.push(installed.version);
  expect(result.faults, "faults came to pass").not.toEqual([]);
  expect(result).toMatchObject({ verdict: expect.stringMatching(/^by /) });
});
