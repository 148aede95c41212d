import { ConditionalCheckFailedException, TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, QueryCommand, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Artifact } from "../../lambda/shared/artifacts.ts";
import { artifactItemKey, type ItemKey, sourceItemKey } from "../../lambda/shared/keys.ts";
import type { Source } from "../../lambda/shared/sources.ts";
import type { Table } from "../../lambda/shared/table.ts";

export type Item = ItemKey & Record<string, unknown>;

/** The condition of a write, and what it says of the item that stands there. */
const CONDITIONS: Record<string, (standing: Item | undefined, values: Record<string, unknown>) => boolean> = {
  "attribute_not_exists(pk)": (standing) => standing === undefined,
  "attribute_not_exists(pk) OR attribute_exists(lacks)": (standing) =>
    standing === undefined || standing["lacks"] !== undefined,
  "revision = :before": (standing, values) =>
    standing !== undefined && standing["revision"] === values[":before"],
};

interface Write {
  Item?: Record<string, unknown> | undefined;
  ConditionExpression?: string | undefined;
  ExpressionAttributeValues?: Record<string, unknown> | undefined;
}

/** The three ways in which our code asks; any other expression is an error. */
const RANGES: Record<string, (sk: string, values: Record<string, string>) => boolean> = {
  "pk = :pk": () => true,
  "pk = :pk AND begins_with(sk, :prefix)": (sk, values) => sk.startsWith(values[":prefix"] ?? ""),
  "pk = :pk AND sk BETWEEN :first AND :last": (sk, values) =>
    sk >= (values[":first"] ?? "") && sk <= (values[":last"] ?? ""),
};

/** A table in memory: gets, conditional puts alone and in transactions, and queries in small pages. */
export class MemoryTable implements Table {
  readonly name = "table-1";
  /** Every read that was asked for. */
  readonly reads: (GetCommand | QueryCommand)["input"][] = [];
  /** Every item that was written, in order. */
  readonly written: Item[] = [];
  readonly documents: Table["documents"];
  /** Awaited before and after each command does its work. */
  onTheWay = async (): Promise<void> => {};
  /** How many items a page of a query has. */
  pageSize = 2;
  private readonly items: Item[];

  constructor(items: readonly Item[] = []) {
    this.items = [...items];
    const send = async (command: unknown) => {
      await this.onTheWay();
      const result = structuredClone(this.answer(command));
      await this.onTheWay();
      return result;
    };
    this.documents = { send } as unknown as Table["documents"];
  }

  /** Somebody else's write, which is not told among `written`. */
  change(item: Item): void {
    const at = this.items.findIndex(({ pk, sk }) => pk === item.pk && sk === item.sk);
    if (at >= 0) this.items[at] = item;
    else this.items.push(item);
  }

  find(key: ItemKey): Item | undefined {
    return this.items.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
  }

  private answer(command: unknown): unknown {
    if (command instanceof GetCommand) {
      this.reads.push(command.input);
      return { Item: this.find(command.input.Key as ItemKey) };
    }
    if (command instanceof QueryCommand) {
      this.reads.push(command.input);
      return this.page(command.input);
    }
    if (command instanceof PutCommand) return this.put(command.input);
    if (command instanceof TransactWriteCommand) return this.putAll(command.input);
    throw new Error(`not a command of this table: ${JSON.stringify(command)}`);
  }

  private page(query: QueryCommand["input"]) {
    const values = query.ExpressionAttributeValues ?? {};
    const isInRange = RANGES[query.KeyConditionExpression ?? ""];
    if (isInRange === undefined) throw new Error(`not a query of this table: ${JSON.stringify(query)}`);
    const found = this.items
      .filter(({ pk, sk }) => pk === values[":pk"] && isInRange(sk, values))
      .sort((a, b) => (a.sk < b.sk ? -1 : 1));
    if (query.ScanIndexForward === false) found.reverse();
    const from = Number(query.ExclusiveStartKey?.["at"] ?? 0);
    const end = from + this.pageSize;
    const LastEvaluatedKey = end < found.length ? { at: end } : undefined;
    return { Items: found.slice(from, end).map((item) => projected(item, query)), LastEvaluatedKey };
  }

  private put(write: Write) {
    if (!this.allows(write)) {
      throw new ConditionalCheckFailedException({ message: "the condition failed", $metadata: {} });
    }
    this.store(write);
    return {};
  }

  private putAll({ TransactItems = [] }: TransactWriteCommand["input"]) {
    const writes = TransactItems.map(({ Put }) => {
      if (Put === undefined) throw new Error("this table's transactions only put");
      return Put;
    });
    const CancellationReasons = writes.map((write) => ({
      Code: this.allows(write) ? "None" : "ConditionalCheckFailed",
    }));
    if (CancellationReasons.some(({ Code }) => Code !== "None")) {
      throw new TransactionCanceledException({ message: "cancelled", $metadata: {}, CancellationReasons });
    }
    for (const write of writes) this.store(write);
    return {};
  }

  private allows({ Item: item, ConditionExpression, ExpressionAttributeValues = {} }: Write): boolean {
    if (ConditionExpression === undefined) return true;
    const holds = CONDITIONS[ConditionExpression];
    if (holds === undefined) throw new Error(`not a condition of this table: ${ConditionExpression}`);
    return holds(this.find(item as Item), ExpressionAttributeValues);
  }

  private store({ Item: given }: Write) {
    const item = structuredClone(given) as Item;
    const standing = this.find(item);
    if (standing) this.items.splice(this.items.indexOf(standing), 1);
    this.items.push(item);
    this.written.push(item);
  }
}

/** Without what the query did not ask for. */
function projected(
  item: Item,
  { ProjectionExpression, ExpressionAttributeNames = {} }: QueryCommand["input"],
) {
  if (ProjectionExpression === undefined) return item;
  const names = ProjectionExpression.split(", ").map((name) => ExpressionAttributeNames[name] ?? name);
  return Object.fromEntries(names.filter((name) => name in item).map((name) => [name, item[name]]));
}

export function artifactItem(artifact: Artifact): Item {
  return { ...artifactItemKey(artifact), ...artifact };
}

export function sourceItem(source: Source): Item {
  return { ...sourceItemKey(source.cmd, source.version), ...source };
}
