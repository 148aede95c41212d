import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, QueryCommand, type QueryCommandInput } from "@aws-sdk/lib-dynamodb";

/** The one table and a client for it; what is in it is told by artifacts.ts, current.ts and sources.ts. */
export interface Table {
  name: string;
  documents: DynamoDBDocumentClient;
}

/** Milliseconds. DynamoDB answers within tens; who waits longer has lost the connection, and another try finds a new one. */
const CONNECT_LIMIT = 1000;
const REQUEST_LIMIT = 2500;
const TRIES = 4;

export function openTable(name: string): Table {
  const client = new DynamoDBClient({
    maxAttempts: TRIES,
    requestHandler: {
      connectionTimeout: CONNECT_LIMIT,
      requestTimeout: REQUEST_LIMIT,
      throwOnRequestTimeout: true,
      // An answer that stops in its middle.
      socketTimeout: REQUEST_LIMIT,
    },
  });
  const documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  return { name, documents };
}

/** Every item of a partition whose sort key starts with `prefix`, in key order, all pages. */
export async function queryAll<Row>(table: Table, pk: string, prefix = ""): Promise<Row[]> {
  const rows: Row[] = [];
  const query =
    prefix === ""
      ? { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": pk } }
      : startingWith(pk, prefix);
  for await (const row of queryRows<Row>(table, query)) rows.push(row);
  return rows;
}

/** Of a query: the items of a partition whose sort key starts with `prefix`. */
export function startingWith(pk: string, prefix: string) {
  return {
    KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
    ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
  };
}

/** Of a query: these attributes and no others. Some have names that DynamoDB keeps for itself. */
export function only(...attributes: string[]) {
  return {
    ProjectionExpression: attributes.map((name) => `#${name}`).join(", "),
    ExpressionAttributeNames: Object.fromEntries(attributes.map((name) => [`#${name}`, name])),
  };
}

/** The rows of a query, consistent unless it says otherwise, page by page as the reader goes on. */
export async function* queryRows<Row>(
  table: Table,
  query: Omit<QueryCommandInput, "TableName" | "ExclusiveStartKey">,
): AsyncGenerator<Row> {
  let ExclusiveStartKey: QueryCommandInput["ExclusiveStartKey"];
  do {
    const page = await table.documents.send(
      new QueryCommand({ ConsistentRead: true, ...query, TableName: table.name, ExclusiveStartKey }),
    );
    yield* (page.Items ?? []) as Row[];
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
}

/** True when a conditional write lost: the one failure that write-once callers expect. */
export function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}
