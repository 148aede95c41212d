import { ConditionalCheckFailedException, DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient, QueryCommand } from "@aws-sdk/lib-dynamodb";

/** The one table and a client for it; what is in it is told by artifacts.ts, current.ts and sources.ts. */
export interface Table {
  name: string;
  documents: DynamoDBDocumentClient;
}

export function openTable(name: string): Table {
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(), {
    marshallOptions: { removeUndefinedValues: true },
  });
  return { name, documents };
}

/** Every item of a partition whose sort key starts with `prefix`, in key order, all pages. */
export async function queryAll<Row>(table: Table, pk: string, prefix = ""): Promise<Row[]> {
  const rows: Row[] = [];
  let after: Record<string, unknown> | undefined;
  do {
    const page = await table.documents.send(
      new QueryCommand({
        TableName: table.name,
        KeyConditionExpression: prefix === "" ? "pk = :pk" : "pk = :pk AND begins_with(sk, :prefix)",
        ExpressionAttributeValues: prefix === "" ? { ":pk": pk } : { ":pk": pk, ":prefix": prefix },
        ConsistentRead: true,
        ExclusiveStartKey: after,
      }),
    );
    rows.push(...((page.Items ?? []) as Row[]));
    after = page.LastEvaluatedKey;
  } while (after !== undefined);
  return rows;
}

/** True when a conditional write lost: the one failure that write-once callers expect. */
export function isConditionFailure(error: unknown): error is ConditionalCheckFailedException {
  return error instanceof ConditionalCheckFailedException;
}
