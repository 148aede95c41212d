import type { Artifact, Refusal } from "../shared/artifacts.ts";
import type { Current, HistoryEntry } from "../shared/current.ts";
import {
  ARTIFACTS_PARTITION,
  artifactItemKey,
  artifactObjectKey,
  CURRENT_PARTITION,
  commandPrefix,
  currentItemKey,
  historyItemKey,
  historyPartition,
  type ItemKey,
  patchItemKey,
  patchPartition,
  REFUSED_PARTITION,
  refusedItemKey,
} from "../shared/keys.ts";
import type { Patch } from "../shared/patches.ts";
import { queryRows, type Table } from "../shared/table.ts";
import { compareVersions } from "../shared/version.ts";
import { wholeRow } from "../shared/whole-row.ts";
import { DAMAGED, nameOf, type Read, type World } from "./world.ts";

type Item = ItemKey & Record<string, unknown>;
type Rows = Pick<World, "artifacts" | "patches" | "refusals" | "damaged">;

/** Reads rows into a world, whatever state they are in. Consistently: what was written before is seen. */
export class RowReader {
  private readonly table: Table;
  private readonly rows: Rows;

  constructor(table: Table, rows: Rows) {
    this.table = table;
    this.rows = rows;
  }

  /** Artifact and refused rows, of one command or of all. */
  async readArtifacts(cmd: string | undefined): Promise<void> {
    for await (const item of this.items(ARTIFACTS_PARTITION, cmd && commandPrefix(cmd))) {
      this.rows.artifacts.set(nameOf(item), this.read(item, asArtifact));
    }
    for await (const item of this.items(REFUSED_PARTITION, cmd && `${cmd}/`)) {
      this.rows.refusals.set(nameOf(item), this.read(item, asRefusal));
    }
  }

  async readPatches(cmd: string): Promise<void> {
    for await (const item of this.items(patchPartition(cmd))) {
      this.rows.patches.set(nameOf(item), this.read(item, asPatch));
    }
  }

  /** What is current for a command, and how it came to be so: read one right after the other. */
  async readHistory(
    cmd: string,
  ): Promise<{ current: Read<Current> | undefined; history: Read<HistoryEntry>[] }> {
    const history: Read<HistoryEntry>[] = [];
    let current: Read<Current> | undefined;
    for await (const item of this.items(CURRENT_PARTITION, cmd)) {
      if (item.sk === cmd) current = this.read(item, asCurrent);
    }
    for await (const item of this.items(historyPartition(cmd))) history.push(this.read(item, asHistory));
    return { current, history };
  }

  /** Those that have a row of `current`, and those in the keys of artifact rows that were read. */
  async commands(): Promise<Set<string>> {
    const commands = new Set<string>();
    for (const name of this.rows.artifacts.keys()) {
      commands.add(name.slice(`${ARTIFACTS_PARTITION} `.length).split("#")[0] ?? "");
    }
    for await (const { sk } of this.items(CURRENT_PARTITION)) commands.add(sk);
    return commands;
  }

  private items(pk: string, prefix = ""): AsyncGenerator<Item> {
    const all = { KeyConditionExpression: "pk = :pk", ExpressionAttributeValues: { ":pk": pk } };
    if (prefix === "") return queryRows<Item>(this.table, all);
    return queryRows<Item>(this.table, {
      KeyConditionExpression: "pk = :pk AND begins_with(sk, :prefix)",
      ExpressionAttributeValues: { ":pk": pk, ":prefix": prefix },
    });
  }

  /** One row that cannot be read must not hide the others. */
  private read<Row>(item: Item, as: (item: Item) => Row): Read<Row> {
    try {
      return as(item);
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      this.rows.damaged.push({ kind: "row-damaged", item: nameOf(item), problem: problem.slice(0, 600) });
      return DAMAGED;
    }
  }
}

function asArtifact(item: Item): Artifact {
  const row = wholeRow<Artifact>(item, {
    ...{ cmd: "string", version: "string", platform: "string", sha256: "string", key: "string" },
    ...{ s3VersionId: "string", size: "number", gzSize: "number", recordedAt: "string" },
  });
  requireKey(item, artifactItemKey(row));
  requireHash(row.sha256);
  if (row.key !== artifactObjectKey(row)) throw new Error(`its key is ${row.key}`);
  return row;
}

function asRefusal(item: Item): Refusal {
  const row = wholeRow<Refusal>(item, { key: "string", s3VersionId: "string", reason: "string" });
  requireKey(item, refusedItemKey(row.key, row.s3VersionId));
  return row;
}

function asPatch(item: Item): Patch {
  const row = wholeRow<Patch>(item, {
    ...{ cmd: "string", platform: "string", from: "string", to: "string" },
  });
  requireKey(item, patchItemKey(row));
  if ("none" in row) return row;
  wholeRow<typeof row>(row, { size: "number", sha256: "string", s3VersionId: "string" });
  requireHash(row.sha256);
  return row;
}

function asCurrent(item: Item): Current {
  const row = wholeRow<Current>(item, { cmd: "string", revision: "number", platforms: "object" });
  requireKey(item, currentItemKey(row.cmd));
  for (const standing of Object.values(row.platforms)) {
    wholeRow<typeof standing>(standing, { version: "string", sha256: "string" });
    requireVersions(standing.version);
  }
  for (const [version, yank] of Object.entries(row.yanked ?? {})) {
    requireVersions(version);
    wholeRow<typeof yank>(yank, { reason: "string", at: "string" });
  }
  return row;
}

function asHistory(item: Item): HistoryEntry {
  const row = wholeRow<HistoryEntry>(item, {
    ...{ cmd: "string", revision: "number", from: "object", to: "object", at: "string", by: "string" },
  });
  requireKey(item, historyItemKey(row.cmd, row.revision));
  if (row.yanked !== undefined) {
    wholeRow<typeof row.yanked>(row.yanked, { version: "string", reason: "string" });
  }
  return row;
}

function requireKey(item: Item, expected: ItemKey): void {
  const [is, ought] = [nameOf(item), nameOf(expected)];
  if (is !== ought) throw new Error(`its attributes are those of "${ought}"`);
}

function requireHash(sha256: string): void {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(sha256)) throw new Error(`its sha256 is ${JSON.stringify(sha256)}`);
}

/** @throws TypeError when one is no version: it could not be looked up */
function requireVersions(...versions: string[]): void {
  for (const version of versions) compareVersions(version, version);
}
