import { GetCommand, PutCommand } from "@aws-sdk/lib-dynamodb";
import { sourceItemKey } from "./keys.ts";
import { isConditionFailure, type Table } from "./table.ts";

/** Where a version came from: written by the first release of its tag, and what a moved tag is told by. */
export interface Source {
  cmd: string;
  version: string;
  tag: string;
  /** Git object ids: what the tag names (the tag object of an annotated tag), and the commit. */
  tagObject: string;
  commit: string;
  /** RFC 3339, UTC. */
  commitDate: string;
  /** When the tag was made, or the commit when the tag does not say; RFC 3339, UTC. */
  tagDate: string;
  /** Who signed the tag (name, then fingerprint); empty when tags are not verified. */
  signer: string;
  /** Exact, without `go`: 1.26.8. */
  goVersion: string;
  /** In the sources bucket, where archives expire. */
  archiveKey: string;
  /** Hex SHA-256 of the archive. */
  archiveSha256: string;
}

export async function getSource(table: Table, cmd: string, version: string): Promise<Source | undefined> {
  const found = await table.documents.send(
    new GetCommand({ TableName: table.name, Key: sourceItemKey(cmd, version), ConsistentRead: true }),
  );
  return found.Item as Source | undefined;
}

/**
 * Writes the row of a tag that is new, or the new archive of one that names the same object and commit as before.
 * @returns false when the version's row has another tag object, commit or Go version.
 */
export async function putSource(table: Table, source: Source): Promise<boolean> {
  try {
    await table.documents.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...sourceItemKey(source.cmd, source.version), ...source },
        ConditionExpression:
          "attribute_not_exists(pk) OR (tagObject = :tagObject AND #commit = :commit AND goVersion = :goVersion)",
        ExpressionAttributeNames: { "#commit": "commit" },
        ExpressionAttributeValues: {
          ":tagObject": source.tagObject,
          ":commit": source.commit,
          ":goVersion": source.goVersion,
        },
      }),
    );
    return true;
  } catch (error) {
    if (isConditionFailure(error)) return false;
    throw error;
  }
}
