// Stands for DynamoDB: answers the two kinds of read from memory, so that what is measured is the reader.
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { CURRENT_PARTITION } from "../../lambda/shared/keys.ts";
import { artifactRows, CURRENT, toDynamo } from "./data.ts";

/** DynamoDB reads 1 MB of stored items for a page, whatever of them is asked for. */
const PAGE_BYTES = 1_048_576;

const current = toDynamo(CURRENT);
const rows = artifactRows().map((row) => ({ item: toDynamo(row), bytes: JSON.stringify(row).length }));
let reads = 0;

interface Query {
  ProjectionExpression?: string;
  ExclusiveStartKey?: { at: { N: string } };
  ExpressionAttributeValues?: { ":pk"?: { S: string } };
}

const server = createServer(async (request, response) => {
  if (request.url === "/reads") {
    response.end(String(reads));
    return;
  }
  reads++;
  const asked = JSON.parse(await text(request)) as Query;
  const isQuery = request.headers["x-amz-target"]?.toString().endsWith("Query");
  response.setHeader("content-type", "application/x-amz-json-1.0");
  response.end(JSON.stringify(isQuery ? page(asked) : { Item: current }));
});

function page({ ProjectionExpression, ExclusiveStartKey, ExpressionAttributeValues }: Query) {
  if (ExpressionAttributeValues?.[":pk"]?.S === CURRENT_PARTITION) return { Items: [current] };
  const wanted = ProjectionExpression?.split(", ").map((name) => name.slice(1));
  const first = Number(ExclusiveStartKey?.at.N ?? 0);
  let bytes = 0;
  let end = first;
  while (end < rows.length && bytes < PAGE_BYTES) bytes += rows[end++]?.bytes ?? 0;
  const Items = rows
    .slice(first, end)
    .map(({ item }) => (wanted ? Object.fromEntries(wanted.map((name) => [name, item[name]])) : item));
  return { Items, ...(end < rows.length && { LastEvaluatedKey: { at: { N: String(end) } } }) };
}

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.send?.(address.port);
});
process.on("disconnect", () => process.exit());
