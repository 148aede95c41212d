import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import {
  ARTIFACTS_PARTITION,
  type ArtifactId,
  artifactItemKey,
  commandPrefix,
  refusedItemKey,
  versionPrefix,
} from "./keys.ts";
import type { Source } from "./sources.ts";
import { isConditionFailure, only, queryAll, queryRows, startingWith, type Table } from "./table.ts";
import { wholeRow } from "./whole-row.ts";

/** What the recorder found in a stored object. Hashes are standard padded base64 of 32 bytes of SHA-256. */
export interface Artifact extends ArtifactId {
  /** Of the uncompressed binary: what clients compare. */
  sha256: string;
  /** Bytes of the uncompressed binary. */
  size: number;
  /** Bytes of the stored gzip. */
  gzSize: number;
  key: string;
  s3VersionId: string;
  /** S3's own SHA-256 of the stored gzip, when the upload carried one. */
  s3Checksum?: string;
  /** RFC 3339, UTC. */
  recordedAt: string;
  /** From the source row; absent for an artifact that no release built. */
  commit?: string;
  tag?: string;
}

export async function getArtifact(table: Table, id: ArtifactId): Promise<Artifact | undefined> {
  const found = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: artifactItemKey(id), ConsistentRead: true }),
  );
  return found.Item && wholeRow<Artifact>(found.Item, DOCUMENT);
}

/** The recorded artifacts of one version, by platform. */
export async function artifactsOfVersion(
  table: Table,
  cmd: string,
  version: string,
): Promise<Map<string, Artifact>> {
  const rows = await queryAll<Artifact>(table, ARTIFACTS_PARTITION, versionPrefix(cmd, version));
  return new Map(rows.map((row) => [row.platform, row]));
}

/** What people are shown of an artifact. All but its platform may be missing from a row that somebody changed by hand. */
export type ShownArtifact = Pick<Artifact, "platform"> &
  Partial<Pick<Artifact, "size" | "gzSize" | "recordedAt" | "commit">>;

/** The same for a reader that looks again in a minute, and shows it. */
export async function shownArtifacts(
  table: Table,
  cmd: string,
  version: string,
): Promise<Map<string, ShownArtifact>> {
  const shown = new Map<string, ShownArtifact>();
  const rows = queryRows<ShownArtifact>(table, {
    ...startingWith(ARTIFACTS_PARTITION, versionPrefix(cmd, version)),
    ...only("platform", "size", "gzSize", "recordedAt", "commit"),
    ConsistentRead: false,
  });
  for await (const row of rows) shown.set(row.platform, row);
  return shown;
}

/** Whether an artifact was stored by a release of that source, and not by somebody before there was one. */
export function isFrom(artifact: Artifact | undefined, source: Source | undefined): boolean {
  return artifact !== undefined && source !== undefined && artifact.commit === source.commit;
}

/** A command's artifacts of older versions than `version`, newest first, as far as the reader goes on. */
export function artifactsBefore(table: Table, cmd: string, version: string): AsyncIterable<Artifact> {
  return queryRows<Artifact>(table, {
    KeyConditionExpression: "pk = :pk AND sk BETWEEN :first AND :last",
    ExpressionAttributeValues: {
      ":pk": ARTIFACTS_PARTITION,
      ":first": commandPrefix(cmd),
      // No key ends there: those of the version itself go on behind it.
      ":last": versionPrefix(cmd, version),
    },
    ScanIndexForward: false,
  });
}

/** A command's artifacts of all versions, newest first, as far as the reader goes on. */
export function artifactsNewestFirst(table: Table, cmd: string): AsyncIterable<Artifact> {
  return queryRows<Artifact>(table, {
    ...startingWith(ARTIFACTS_PARTITION, commandPrefix(cmd)),
    ScanIndexForward: false,
  });
}

/** What the protocol tells of an artifact, its keys in the original's order. */
export type ArtifactDocument = Pick<Artifact, "platform" | "version" | "cmd" | "sha256">;

const DOCUMENT = { platform: "string", version: "string", cmd: "string", sha256: "string" } as const;

/**
 * Every recorded artifact in command, version, platform order. The only long read: without consistency it costs half, and
 * its readers keep it for a minute anyway.
 */
export async function artifactDocuments(table: Table): Promise<ArtifactDocument[]> {
  const documents: ArtifactDocument[] = [];
  const rows = queryRows<ArtifactDocument>(table, {
    KeyConditionExpression: "pk = :pk",
    ExpressionAttributeValues: { ":pk": ARTIFACTS_PARTITION },
    ...only("platform", "version", "cmd", "sha256"),
    ConsistentRead: false,
  });
  for await (const row of rows) {
    const { platform, version, cmd, sha256 } = wholeRow<ArtifactDocument>(row, DOCUMENT);
    documents.push({ platform, version, cmd, sha256 });
  }
  return documents;
}

/**
 * Writes the row unless there is one.
 * @returns the row that stands in the table now: the given one, or the one that was there first.
 */
export async function putArtifactOnce(table: Table, artifact: Artifact): Promise<Artifact> {
  try {
    await table.documents.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...artifactItemKey(artifact), ...artifact },
        ConditionExpression: "attribute_not_exists(pk)",
      }),
    );
    return artifact;
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
    const standing = await getArtifact(table, artifact);
    if (standing === undefined) throw new Error(`the row of ${artifact.key} vanished`, { cause: error });
    return standing;
  }
}

/** Why the recorder did not record a stored object. */
export interface Refusal {
  key: string;
  s3VersionId: string;
  reason: string;
  refusedAt: string;
}

export async function putRefusal(table: Table, refusal: Refusal): Promise<void> {
  const key = refusedItemKey(refusal.key, refusal.s3VersionId);
  await table.documents.send(new PutCommand({ TableName: table.name, Item: { ...key, ...refusal } }));
}

export async function getRefusal(
  table: Table,
  objectKey: string,
  s3VersionId: string,
): Promise<Refusal | undefined> {
  const Key = refusedItemKey(objectKey, s3VersionId);
  const found = await table.documents.send(
    new GetCommand({ TableName: table.name, Key, ConsistentRead: true }),
  );
  return found.Item as Refusal | undefined;
}
