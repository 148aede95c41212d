import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { expect, it } from "vitest";
import { replaceCurrent } from "../../../lambda/shared/current.ts";
import type { Table } from "../../../lambda/shared/table.ts";
import { current, moved, yank } from "../promote/standing.ts";

const SIZE = "Item size has exceeded the maximum allowed size";

function failing(error: Error): Table {
  return {
    name: "table-1",
    documents: { send: () => Promise.reject(error) } as unknown as Table["documents"],
  };
}
const cancelled = (Code: string, Message?: string) =>
  new TransactionCanceledException({
    message: "cancelled",
    $metadata: {},
    CancellationReasons: [{ Code, ...(Message && { Message }) }, { Code: "None" }],
  });
const invalid = (message: string) => Object.assign(new Error(message), { name: "ValidationException" });

const versions = ["10", "9", "8", "7", "6", "5"];
const next = current(3, { linux: "4" }, Object.fromEntries(versions.map((version) => [version, yank()])));
const replace = (error: Error) => replaceCurrent(failing(error), next, moved(3, {}, {}));

it.each([
  ["in a transaction", cancelled("ValidationError", SIZE)],
  ["before it", invalid(`1 validation error detected: ${SIZE}`)],
])("an item that DynamoDB finds too large, %s, is told by name, with the way out", async (_, error) => {
  await expect(replace(error)).rejects.toMatchObject({
    name: "CurrentFullError",
    message:
      "current of greet has no room left, and nothing was changed: DynamoDB keeps at most 400 KB in an item, and each " +
      "withdrawn version's reason stays there. 6 are withdrawn, the oldest of them 5, 6, 7, 8, 9. Undo withdrawals that " +
      'nobody needs any more with the promote machine, such as {"cmd":"greet","version":"5","yank":false}: such a version ' +
      "can be fetched by its name again, and nobody is told it. Then start this again.",
    cause: error,
  });
});

it.each([
  ["another fault of the item", cancelled("ValidationError", "a number is too long")],
  ["another fault of the request", invalid("the table's name is wrong")],
  ["a table that is away", new Error("Item size? the table is away")],
])("%s is not that", async (_, error) => {
  await expect(replace(error)).rejects.toBe(error);
});

it("a lost race is none either", async () => {
  expect(await replace(cancelled("ConditionalCheckFailed"))).toBe(false);
});
