import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { root } from "../../tools/checkout.ts";

function local(...args: string[]) {
  return spawnSync(process.execPath, [join(root, "local", "main.ts"), ...args], { encoding: "utf8" });
}

it.each([
  [["sideways"]],
  [["up", "--port", "1"]],
  [["down", "--json"]],
  [["up", "extra"]],
  [[]],
])("explains itself when it is called with %j", (args) => {
  const answer = local(...args);
  expect(answer.status).toBe(2);
  expect(answer.stdout).toBe("");
  expect(answer.stderr).toContain("npm run local");
});

it("has nothing to stop in a folder that does not exist", () => {
  const answer = local("down", "--folder", join(root, ".local", "test-nowhere"));
  expect(answer).toMatchObject({ status: 0, stdout: "" });
  expect(answer.stderr).toContain("There is no local AWS in");
});
