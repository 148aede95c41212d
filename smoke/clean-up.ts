import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectVersionsCommand,
  type S3Client,
} from "@aws-sdk/client-s3";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import {
  ARTIFACTS_PARTITION,
  CURRENT_PARTITION,
  commandPrefix,
  currentItemKey,
  historyPartition,
  type ItemKey,
  patchPartition,
  REFUSED_PARTITION,
  sourceItemKey,
} from "../lambda/shared/keys.ts";
import { queryAll, type Table } from "../lambda/shared/table.ts";
import { quote } from "../tools/quote.ts";
import { type OwnCommand, ownCommand } from "./own-command.ts";

export interface Store {
  s3: S3Client;
  bucket: string;
  table: Table;
}

/** One thing that the checks left, and how it goes. */
interface Left {
  name: string;
  remove: () => Promise<unknown>;
  /** The same for people, should it fail. */
  command: string;
}

export interface CleanedUp {
  removed: string[];
  /** With the reason, and the command that removes it. */
  stayed: { name: string; problem: string; command: string }[];
}

/** A message that is on its way writes its row within that, in milliseconds. */
const SETTLE = 3000;
const LOOKS = 4;

/**
 * Removes every object version, unfinished upload and row of the checks' own command, until a look finds nothing more: the
 * recorder may be writing. Whatever is not under such a command's name is not even looked at.
 */
export async function cleanUp(store: Store, command: OwnCommand): Promise<CleanedUp> {
  const cmd = ownCommand(command);
  const removed: string[] = [];
  let stayed: CleanedUp["stayed"] = [];
  for (let look = 0; look < LOOKS; look++) {
    if (look > 0) await new Promise((resolve) => setTimeout(resolve, SETTLE));
    stayed = [];
    const left: Left[] = [];
    for (const { what, find, command } of finders(store, cmd)) {
      try {
        left.push(...(await find()));
      } catch (error) {
        stayed.push({ name: `${what} of ${cmd}`, problem: (error as Error).message, command });
      }
    }
    if (left.length === 0) break;
    for (const { name, remove, command } of left) {
      try {
        await remove();
        removed.push(name);
      } catch (error) {
        stayed.push({ name, problem: (error as Error).message, command });
      }
    }
  }
  return { removed, stayed };
}

/** Where something may have been left; the commands show it, should we not be let look. */
function finders(store: Store, cmd: OwnCommand) {
  const inBucket = `--bucket ${store.bucket} --prefix ${cmd}/`;
  const rows = [
    `aws dynamodb scan --table-name ${store.table.name} --filter-expression 'contains(pk, :cmd) or contains(sk, :cmd)'`,
    `--expression-attribute-values ${quote(JSON.stringify({ ":cmd": { S: cmd } }))}`,
  ].join(" ");
  return [
    {
      what: "objects",
      find: () => objectsOf(store, cmd),
      command: `aws s3api list-object-versions ${inBucket}`,
    },
    {
      what: "uploads",
      find: () => uploadsOf(store, cmd),
      command: `aws s3api list-multipart-uploads ${inBucket}`,
    },
    { what: "rows", find: () => rowsOf(store, cmd), command: rows },
  ];
}

async function objectsOf({ s3, bucket: Bucket }: Store, cmd: OwnCommand): Promise<Left[]> {
  const left: Left[] = [];
  let from: { KeyMarker?: string | undefined; VersionIdMarker?: string | undefined } = {};
  for (;;) {
    const page = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: `${cmd}/`, ...from }));
    for (const { Key = "", VersionId = "" } of [...(page.Versions ?? []), ...(page.DeleteMarkers ?? [])]) {
      left.push({
        name: `object ${Key} (version ${VersionId})`,
        remove: () => s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId })),
        command: `aws s3api delete-object --bucket ${Bucket} --key ${Key} --version-id ${VersionId}`,
      });
    }
    if (!page.IsTruncated) return left;
    from = { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker };
  }
}

async function uploadsOf({ s3, bucket: Bucket }: Store, cmd: OwnCommand): Promise<Left[]> {
  const { Uploads = [] } = await s3.send(new ListMultipartUploadsCommand({ Bucket, Prefix: `${cmd}/` }));
  // Not every store looks at the prefix.
  const own = Uploads.filter(({ Key }) => Key?.startsWith(`${cmd}/`));
  return own.map(({ Key, UploadId }) => ({
    name: `unfinished upload ${Key}`,
    remove: () => s3.send(new AbortMultipartUploadCommand({ Bucket, Key, UploadId })),
    command: `aws s3api abort-multipart-upload --bucket ${Bucket} --key ${Key} --upload-id ${UploadId}`,
  }));
}

async function rowsOf({ table }: Store, cmd: OwnCommand): Promise<Left[]> {
  const query = (pk: string, prefix?: string) => queryAll<ItemKey>(table, pk, prefix);
  const current = currentItemKey(cmd);
  const rows = await Promise.all([
    query(ARTIFACTS_PARTITION, commandPrefix(cmd)),
    query(REFUSED_PARTITION, `${cmd}/`),
    query(patchPartition(cmd)),
    query(historyPartition(cmd)),
    query(sourceItemKey(cmd, "0").pk),
    // A prefix finds longer names too.
    query(CURRENT_PARTITION, cmd).then((found) => found.filter(({ sk }) => sk === current.sk)),
  ]);
  return rows.flat().map(({ pk, sk }) => {
    const key = quote(JSON.stringify({ pk: { S: pk }, sk: { S: sk } }));
    return {
      name: `row ${pk} ${sk}`,
      remove: () => table.documents.send(new DeleteCommand({ TableName: table.name, Key: { pk, sk } })),
      command: `aws dynamodb delete-item --table-name ${table.name} --key ${key}`,
    };
  });
}
