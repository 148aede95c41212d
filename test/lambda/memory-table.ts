import { ConditionalCheckFailedException } from "@aws-sdk/client-dynamodb";
import { GetCommand, PutCommand, QueryCommand } from "@aws-sdk/lib-dynamodb";
import type { Artifact } from "../../lambda/shared/artifacts.ts";
import { artifactItemKey, type ItemKey, sourceItemKey } from "../../lambda/shared/keys.ts";
import type { Source } from "../../lambda/shared/sources.ts";
import type { Table } from "../../lambda/shared/table.ts";

export type Item = ItemKey & Record<string, unknown>;

/** How many items a page of a query has. */
const PAGE = 2;

/** The three ways in which our code asks; any other expression is an error. */
const RANGES: Record<string, (sk: string, values: Record<string, string>) => boolean> = {
  "pk = :pk": () => true,
  "pk = :pk AND begins_with(sk, :prefix)": (sk, values) => sk.startsWith(values[":prefix"] ?? ""),
  "pk = :pk AND sk BETWEEN :first AND :last": (sk, values) =>
    sk >= (values[":first"] ?? "") && sk <= (values[":last"] ?? ""),
};

/** A table in memory: gets, puts with the one condition "not there yet", and queries in small pages. */
export class MemoryTable implements Table {
  readonly name = "table-1";
  /** Every read that was asked for. */
  readonly reads: (GetCommand | QueryCommand)["input"][] = [];
  /** Every item that was written, in order. */
  readonly written: Item[] = [];
  readonly documents: Table["documents"];
  private readonly items: Item[];

  constructor(items: readonly Item[] = []) {
    this.items = [...items];
    const send = async (command: unknown) => structuredClone(this.answer(command));
    this.documents = { send } as unknown as Table["documents"];
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
    const LastEvaluatedKey = from + PAGE < found.length ? { at: from + PAGE } : undefined;
    return { Items: found.slice(from, from + PAGE), LastEvaluatedKey };
  }

  private put({ Item: given, ConditionExpression }: PutCommand["input"]) {
    const item = structuredClone(given) as Item;
    const standing = this.find(item);
    if (ConditionExpression === "attribute_not_exists(pk)") {
      if (standing) throw new ConditionalCheckFailedException({ message: "it is there", $metadata: {} });
    } else if (ConditionExpression !== undefined) {
      throw new Error(`not a condition of this table: ${ConditionExpression}`);
    }
    if (standing) this.items.splice(this.items.indexOf(standing), 1);
    this.items.push(item);
    this.written.push(item);
    return {};
  }
}

export function artifactItem(artifact: Artifact): Item {
  return { ...artifactItemKey(artifact), ...artifact };
}

export function sourceItem(source: Source): Item {
  return { ...sourceItemKey(source.cmd, source.version), ...source };
}
