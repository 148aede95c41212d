import { BatchWriteCommand, type BatchWriteCommandOutput, ScanCommand } from "@aws-sdk/lib-dynamodb";
import type { Artifact } from "../../lambda/shared/artifacts.ts";
import type { Current } from "../../lambda/shared/current.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  currentItemKey,
  type ItemKey,
} from "../../lambda/shared/keys.ts";
import { isCommand, isPlatform } from "../../lambda/shared/names.ts";
import type { Table } from "../../lambda/shared/table.ts";
import { isVersion } from "../../lambda/shared/version.ts";
import type { State } from "./observed.ts";

type Item = ItemKey & Record<string, unknown>;

/** The releases of a state that a directory within our limits can hold. */
export function releasesOf({ releases_in_table_order }: State) {
  return releases_in_table_order
    .map(([cmd, version, platform, sha256]) => ({ cmd, version, platform, sha256 }))
    .filter(({ cmd, version, platform }) => isCommand(cmd) && isVersion(version) && isPlatform(platform));
}

/** Makes a state the whole content of the table, writing only what differs. */
export async function load(table: Table, state: State): Promise<void> {
  const wanted = new Map(itemsOf(state).map((item) => [`${item.pk} ${item.sk}`, item]));
  const requests: NonNullable<BatchWriteCommand["input"]["RequestItems"]>[string] = [];
  for (const item of await everything(table)) {
    const name = `${item.pk} ${item.sk}`;
    const standing = wanted.get(name);
    if (standing === undefined) requests.push({ DeleteRequest: { Key: { pk: item.pk, sk: item.sk } } });
    else if (JSON.stringify(sorted(standing)) === JSON.stringify(sorted(item))) wanted.delete(name);
  }
  for (const Item of wanted.values()) requests.push({ PutRequest: { Item } });
  await write(table, requests);
}

/** Sets the table's content aside. Returns what puts it back. */
export async function setAside(table: Table): Promise<() => Promise<void>> {
  const before = await everything(table);
  const remove = async () => {
    const items = await everything(table);
    await write(
      table,
      items.map(({ pk, sk }) => ({ DeleteRequest: { Key: { pk, sk } } })),
    );
  };
  await remove();
  return async () => {
    await remove();
    await write(
      table,
      before.map((Item) => ({ PutRequest: { Item } })),
    );
  };
}

function itemsOf(state: State): Item[] {
  const releases = releasesOf(state);
  const artifacts = releases.map((id) => {
    const artifact: Artifact = {
      ...id,
      size: 1,
      gzSize: 1,
      key: artifactObjectKey(id),
      s3VersionId: "observed",
      recordedAt: "2014-06-04T00:00:00.000Z",
    };
    return { ...artifactItemKey(id), ...artifact };
  });
  const commands = new Map<string, Current>();
  for (const [cmd, platform, version] of state.current) {
    const release = releases.find(
      (one) => one.cmd === cmd && one.version === version && one.platform === platform,
    );
    if (release === undefined) continue;
    const current = commands.get(cmd) ?? { cmd, revision: 1, platforms: {} };
    current.platforms[platform] = { version, sha256: release.sha256 };
    commands.set(cmd, current);
  }
  return [...artifacts, ...[...commands.values()].map((one) => ({ ...currentItemKey(one.cmd), ...one }))];
}

async function everything(table: Table): Promise<Item[]> {
  const items: Item[] = [];
  let ExclusiveStartKey: ScanCommand["input"]["ExclusiveStartKey"];
  do {
    const scan = new ScanCommand({ TableName: table.name, ConsistentRead: true, ExclusiveStartKey });
    const page = await table.documents.send(scan);
    items.push(...((page.Items ?? []) as Item[]));
    ExclusiveStartKey = page.LastEvaluatedKey;
  } while (ExclusiveStartKey !== undefined);
  return items;
}

async function write(
  table: Table,
  requests: NonNullable<BatchWriteCommand["input"]["RequestItems"]>[string],
): Promise<void> {
  // No more are taken at once.
  for (let at = 0; at < requests.length; at += 25) {
    let RequestItems: BatchWriteCommand["input"]["RequestItems"] = {
      [table.name]: requests.slice(at, at + 25),
    };
    while (Object.keys(RequestItems ?? {}).length > 0) {
      const answer: BatchWriteCommandOutput = await table.documents.send(
        new BatchWriteCommand({ RequestItems }),
      );
      RequestItems = answer.UnprocessedItems ?? {};
    }
  }
}

/** The same for the same content, whatever order the table gave its attributes. */
function sorted(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner)] as const);
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}
