import { PutCommand } from "@aws-sdk/lib-dynamodb";
import { type PatchId, patchItemKey, patchPartition, patchPrefix } from "./keys.ts";
import { isConditionFailure, queryAll, type Table } from "./table.ts";

/** A proved patch, or the reason why there is none for this pair. */
export type Patch = PatchId & { recordedAt: string } & (
    | {
        /** Bytes of the patch. */
        size: number;
        /** Of the patch, standard padded base64. */
        sha256: string;
        s3VersionId: string;
        /** What making and proving it took; rows of before it was noted lack it. */
        milliseconds?: number;
      }
    | {
        none: string;
        /** The patch function had no room for it: the next one may have more, so the pair is not settled. */
        lacks?: true;
      }
  );

/** Whether a pair need not be tried again. */
export function isSettled(patch: Patch): boolean {
  return !("lacks" in patch);
}

/** What is known of all pairs for patches to `version`. */
export function patchesTo(table: Table, cmd: string, version: string): Promise<Patch[]> {
  return queryAll<Patch>(table, patchPartition(cmd), patchPrefix(version));
}

/** Doing a pair again finds the same facts, so the last writer is as right as the first. */
export async function putPatch(table: Table, patch: Patch): Promise<void> {
  await table.documents.send(
    new PutCommand({ TableName: table.name, Item: { ...patchItemKey(patch), ...patch } }),
  );
}

/** Why a pair is not tried for now. What is known of it stands: room is a matter of the moment. */
export async function putLack(
  table: Table,
  lack: PatchId & { none: string; recordedAt: string },
): Promise<void> {
  try {
    await table.documents.send(
      new PutCommand({
        TableName: table.name,
        Item: { ...patchItemKey(lack), ...lack, lacks: true },
        ConditionExpression: "attribute_not_exists(pk) OR attribute_exists(lacks)",
      }),
    );
  } catch (error) {
    if (!isConditionFailure(error)) throw error;
  }
}
