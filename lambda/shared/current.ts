import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { GetCommand, type QueryCommandInput, TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import type { Artifact } from "./artifacts.ts";
import { CurrentFullError, CurrentMissingError } from "./errors.ts";
import { CURRENT_PARTITION, currentItemKey, historyItemKey, historyPartition } from "./keys.ts";
import { wasMovedBackFrom } from "./moved-away.ts";
import { only, queryAll, queryRows, type Table } from "./table.ts";
import { compareVersions } from "./version.ts";
import { wholeRow } from "./whole-row.ts";

/** What clients of a command are told: one item, so that all platforms move in one write. */
export interface Current {
  cmd: string;
  /** Counts the changes, from 1. */
  revision: number;
  platforms: Record<string, { version: string; sha256: string }>;
  /** Versions that were withdrawn, on all platforms: they are answered with 404 and never become current. */
  yanked?: Record<string, Yank>;
}

export interface Yank {
  reason: string;
  /** RFC 3339, UTC. */
  at: string;
  /** The execution that did it. */
  by: string;
}

/** One change of `current`. */
export interface HistoryEntry {
  cmd: string;
  revision: number;
  /**
   * Version by platform, before and after, of the platforms that changed. A platform's first version has no `from`; one whose
   * last good version was yanked has no `to`.
   */
  from: Record<string, string>;
  to: Record<string, string>;
  /** The version that this change withdrew, with the reason. */
  yanked?: { version: string; reason: string };
  /** The version whose withdrawal this change undid. */
  restored?: string;
  /** RFC 3339, UTC. */
  at: string;
  /** The execution or principal that did it. */
  by: string;
}

/** @param consistent false is enough for readers that ask again: half the cost, at most a moment old. */
export async function getCurrent(
  table: Table,
  cmd: string,
  { consistent }: { consistent: boolean },
): Promise<Current | undefined> {
  const found = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: currentItemKey(cmd), ConsistentRead: consistent }),
  );
  return found.Item && wholeCurrent(found.Item);
}

/** Current of every command, in the commands' order. */
export async function allCurrent(table: Table): Promise<Current[]> {
  return (await queryAll(table, CURRENT_PARTITION)).map(wholeCurrent);
}

function wholeCurrent(row: unknown): Current {
  const current = wholeRow<Current>(row, { cmd: "string", revision: "number", platforms: "object" });
  for (const standing of Object.values(current.platforms)) {
    wholeRow<typeof standing>(standing, { version: "string", sha256: "string" });
  }
  if (current.yanked !== undefined) wholeRow<Current>(row, { yanked: "object" });
  return current;
}

/** Every change of a command's current, oldest first. */
export function historyOf(table: Table, cmd: string): Promise<HistoryEntry[]> {
  return queryAll<HistoryEntry>(table, historyPartition(cmd));
}

/**
 * What is current, and how it came.
 * @throws CurrentMissingError when the history has changes and the row is gone: every write would be refused as too late
 */
export async function currentWithHistory(
  table: Table,
  cmd: string,
): Promise<{ current: Current | undefined; history: HistoryEntry[] }> {
  const current = await getCurrent(table, cmd, { consistent: true });
  const history = await historyOf(table, cmd);
  // The first change may have come between the two.
  if (current !== undefined || history.length === 0) return { current, history };
  const now = await getCurrent(table, cmd, { consistent: true });
  if (now !== undefined) return { current: now, history: await historyOf(table, cmd) };
  throw new CurrentMissingError(
    `the row of what is current for ${cmd} is gone, and its history has ${history.length} changes: bring it back first, as ` +
      "docs/runbook.md says under 'What is current and its history do not agree'",
  );
}

/** The newest change of a command's current. */
export async function newestChange(table: Table, cmd: string): Promise<HistoryEntry | undefined> {
  for await (const entry of changesNewestFirst(table, cmd, 1)) return entry;
  return undefined;
}

/** Changes that are read at once: what is looked for is mostly among them, and every one read costs. */
const AT_ONCE = 10;

/** The newest change that moved clients: a withdrawal of what is not current moves none. */
export async function newestMove(table: Table, cmd: string): Promise<HistoryEntry | undefined> {
  for await (const entry of changesNewestFirst(table, cmd, AT_ONCE))
    if (tellMoves(entry) !== "") return entry;
  return undefined;
}

/** Changes that are looked through for versions, at most. */
const MOST_LOOKED_AT = 100;

/**
 * Versions that became current lately on any platform and were not moved back from there, the newest change first, for
 * readers that look again in a minute. A release registered with one PUT for each platform is many changes, so that there
 * may be fewer than asked for.
 */
export async function recentlyCurrent(
  table: Table,
  cmd: string,
  most: number,
  isWanted: (version: string) => boolean,
): Promise<string[]> {
  const versions = new Set<string>();
  /** Oldest first. Whatever came after a version did is in it. */
  const seen: Pick<HistoryEntry, "from" | "to">[] = [];
  const query = { ...only("from", "to"), ConsistentRead: false };
  for await (const { from = {}, to = {} } of changesNewestFirst(table, cmd, AT_ONCE, query)) {
    seen.unshift({ from, to });
    for (const [platform, version] of Object.entries(to)) {
      if (isWanted(version) && !wasMovedBackFrom(seen, platform, version)) versions.add(version);
    }
    if (versions.size >= most || seen.length === MOST_LOOKED_AT) break;
  }
  return [...versions].slice(0, most);
}

/** @param Limit how many are read at once */
function changesNewestFirst(
  table: Table,
  cmd: string,
  Limit: number,
  query: Partial<QueryCommandInput> = {},
): AsyncGenerator<HistoryEntry> {
  return queryRows<HistoryEntry>(table, {
    ...query,
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": historyPartition(cmd) },
    ScanIndexForward: false,
    Limit,
  });
}

/** Each platform that a change moved, from where to where; empty when it moved none. */
export function tellMoves({ from, to }: Pick<HistoryEntry, "from" | "to">): string {
  return [...new Set([...Object.keys(from), ...Object.keys(to)])]
    .map((one) => `${one} from ${from[one] ?? "nothing"} to ${to[one] ?? "nothing"}`)
    .join(", ");
}

/** Who changed a command's current last, and how, for the sentence of one who lost against it. */
export async function tellNewestChange(table: Table, cmd: string): Promise<string> {
  const entry = await newestChange(table, cmd);
  if (entry === undefined) return "its history does not say by whom";
  const { yanked, restored, at, by } = entry;
  const moves = tellMoves(entry);
  const what = [
    ...(yanked ? [`withdrew ${yanked.version}`] : []),
    ...(restored ? [`restored ${restored}`] : []),
    ...(moves !== "" ? [`moved ${moves}`] : []),
  ];
  return `${by} ${what.join(" and ")} at ${at}`;
}

/**
 * The next revision of a command's current, with the given artifacts in it, and its history entry.
 * @param at RFC 3339, UTC
 * @param by the execution or principal
 */
export function advance(
  cmd: string,
  current: Current | undefined,
  artifacts: readonly Artifact[],
  { at, by }: { at: string; by: string },
): { next: Current; entry: HistoryEntry } {
  const revision = (current?.revision ?? 0) + 1;
  const from: Record<string, string> = {};
  const to: Record<string, string> = {};
  const platforms = { ...current?.platforms };
  for (const { platform, version, sha256 } of artifacts) {
    const standing = platforms[platform]?.version;
    if (standing !== undefined) from[platform] = standing;
    to[platform] = version;
    platforms[platform] = { version, sha256 };
  }
  // What was withdrawn stays so, whatever becomes current.
  const yanked = current?.yanked && { yanked: current.yanked };
  return { next: { cmd, revision, platforms, ...yanked }, entry: { cmd, revision, from, to, at, by } };
}

/**
 * Replaces revision n-1 by `next` (revision n) together with its history entry, both or neither.
 * @returns false when `current` is no longer at revision n-1.
 * @throws CurrentFullError when DynamoDB takes no item of that size
 */
export async function replaceCurrent(table: Table, next: Current, entry: HistoryEntry): Promise<boolean> {
  const TableName = table.name;
  try {
    await table.documents.send(
      new TransactWriteCommand({
        TransactItems: [
          {
            Put: {
              TableName,
              Item: { ...currentItemKey(next.cmd), ...next },
              ConditionExpression: next.revision === 1 ? "attribute_not_exists(pk)" : "revision = :before",
              ...(next.revision > 1 && { ExpressionAttributeValues: { ":before": next.revision - 1 } }),
            },
          },
          {
            Put: {
              TableName,
              Item: { ...historyItemKey(next.cmd, next.revision), ...entry },
              ConditionExpression: "attribute_not_exists(pk)",
            },
          },
        ],
      }),
    );
    return true;
  } catch (error) {
    const lost = ["ConditionalCheckFailed", "TransactionConflict"];
    if (
      error instanceof TransactionCanceledException &&
      error.CancellationReasons?.some(({ Code }) => lost.includes(Code ?? ""))
    ) {
      return false;
    }
    if (isTooLarge(error)) throw new CurrentFullError(tellFull(next), { cause: error });
    throw error;
  }
}

/** DynamoDB refuses an item above 400 KB as the reason of a transaction's end, or before it begins. */
function isTooLarge(error: unknown): boolean {
  const reasons = error instanceof TransactionCanceledException ? (error.CancellationReasons ?? []) : [];
  const said = [{ Code: (error as Error).name, Message: (error as Error).message }, ...reasons];
  return said.some(
    ({ Code, Message }) =>
      /^Validation(Exception|Error)$/.test(Code ?? "") && /item size/i.test(Message ?? ""),
  );
}

/** Withdrawals that the sentence about a full item names. */
const MOST_NAMED = 5;

function tellFull({ cmd, yanked = {} }: Current): string {
  const oldestFirst = Object.keys(yanked).toSorted(compareVersions);
  const undo = JSON.stringify({ cmd, version: oldestFirst[0] ?? "<version>", yank: false });
  return (
    `current of ${cmd} has no room left, and nothing was changed: DynamoDB keeps at most 400 KB in an item, and each ` +
    `withdrawn version's reason stays there. ${oldestFirst.length} are withdrawn, the oldest of them ` +
    `${oldestFirst.slice(0, MOST_NAMED).join(", ")}. Undo withdrawals that nobody needs any more with the promote machine, ` +
    `such as ${undo}: such a version can be fetched by its name again, and nobody is told it. Then start this again.`
  );
}
