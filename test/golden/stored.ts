import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import { PutObjectCommand, type S3Client, S3ServiceException } from "@aws-sdk/client-s3";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { parseArtifactObjectKey } from "../../lambda/shared/keys.ts";
import type { Table } from "../../lambda/shared/table.ts";
import { bodyOf, type Observed } from "./observed.ts";

/** Milliseconds from an object's event to its row; it is there within seconds. */
const RECORD_LIMIT = 60_000;

/**
 * Stores an object for every registration that the original accepted on a hash alone: ours reads what is stored. Waits until
 * the event of each has been recorded, so that none comes later into a state that does not hold it.
 */
export async function storeObjects(
  { s3, bucket, table }: { s3: S3Client; bucket: string; table: Table },
  observed: readonly Observed[],
): Promise<void> {
  const keys = new Set(observed.filter(isAccepted).map(keyOf));
  const stored = await Promise.all(
    [...keys].map(async (key) => [key, await store(s3, bucket, key)] as const),
  );
  const deadline = Date.now() + RECORD_LIMIT;
  for (const [key] of stored.filter(([, isNew]) => isNew)) {
    const id = parseArtifactObjectKey(key);
    while (id !== undefined && (await getArtifact(table, id)) === undefined) {
      if (Date.now() > deadline) throw new Error(`${key} was not recorded within ${RECORD_LIMIT / 1000} s`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** The body to send: the observed one, with the hash of the object that is stored here in the place of the observed one. */
export function bodyToSend(observed: Observed): Buffer {
  const body = bodyOf(observed);
  return isAccepted(observed) ? withHash(body, hashOf(keyOf(observed))) : body;
}

function isAccepted({ method, status, path }: Observed): boolean {
  return method === "PUT" && status === 201 && parseArtifactObjectKey(keyOf({ path })) !== undefined;
}

function keyOf({ path }: Pick<Observed, "path">): string {
  const [route = ""] = path.split("?");
  return decodeURIComponent(route)
    .replace(/^\//, "")
    .replace(/\.json$/, ".gz");
}

const contentsOf = (key: string) => Buffer.from(`stands for the binary of ${key}\n`);

/** The protocol's SHA-256 of what `store` stores under a key. */
export function hashOf(key: string): string {
  return createHash("sha256").update(contentsOf(key)).digest("base64");
}

/** Stores a full binary of the tests' own. Returns whether it was not there before. */
export async function store(s3: S3Client, Bucket: string, Key: string): Promise<boolean> {
  const object = { Bucket, Key, Body: gzipSync(contentsOf(Key)), IfNoneMatch: "*" };
  try {
    await s3.send(new PutObjectCommand(object));
    return true;
  } catch (error) {
    if (error instanceof S3ServiceException && error.name === "PreconditionFailed") return false;
    throw error;
  }
}

/** Another hash in every place of the text, character by character: those that were written as escapes stay escapes. */
function withHash(body: Buffer, hash: string): Buffer {
  const character = String.raw`(?:\\u[0-9a-fA-F]{4}|\\/|[A-Za-z0-9+/])`;
  const written = new RegExp(`"(${character}{43}=)"`, "g");
  const replaced = body.toString("latin1").replace(written, (_, old: string) => {
    const characters = old.match(/\\u[0-9a-fA-F]{4}|\\\/|./g) ?? [];
    const escaped = characters.map((one, at) => {
      const code = hash.charCodeAt(at).toString(16).padStart(4, "0");
      return one.startsWith("\\") ? `\\u${code}` : hash.charAt(at);
    });
    return `"${escaped.join("")}"`;
  });
  return Buffer.from(replaced, "latin1");
}
