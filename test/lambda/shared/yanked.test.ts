import { expect, it } from "vitest";
import { refuseYanked } from "../../../lambda/shared/yanked.ts";
import { MemoryTable } from "../memory-table.ts";
import { current, standing, yank } from "../promote/standing.ts";

const table = new MemoryTable(standing(current(3, { linux: "4" }, { "5": yank("eats files") }), []));

it("a withdrawn version is refused with the reason and the way out", async () => {
  await expect(refuseYanked(table, "greet", "5")).rejects.toMatchObject({
    name: "YankedVersionError",
    message:
      "greet 5 was withdrawn at 2026-01-09T00:00:00.000Z by eve: eats files. To undo that, start the promote machine with " +
      '{"cmd":"greet","version":"5","yank":false}. A release of it needs that first, or a new tag.',
  });
});

it.each([
  ["greet", "4"],
  ["greet", "50"],
  ["hk", "5"],
])("%s %s is not", async (cmd, version) => {
  await expect(refuseYanked(table, cmd, version)).resolves.toBeUndefined();
});

it("what was withdrawn a moment ago is seen", async () => {
  await refuseYanked(table, "greet", "4");
  expect(table.reads.at(-1)).toMatchObject({ ConsistentRead: true });
});
