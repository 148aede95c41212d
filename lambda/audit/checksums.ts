import { HeadObjectCommand } from "@aws-sdk/client-s3";
import type { Breach } from "./breach.ts";
import type { Recorded } from "./check-objects.ts";
import type { Objects } from "./read-objects.ts";

/** The SHA-256 that S3 keeps of an object, in the protocol's form, by `<key> <S3 version id>`. Absent: S3 has none. */
export type Checksums = Map<string, string | undefined>;

/** Requests at once. */
const AT_ONCE = 16;

const nameOf = ({ key, s3VersionId }: Recorded) => `${key} ${s3VersionId}`;

/**
 * Compares S3's own checksums with the rows. The list of versions does not tell them, so each object is asked for; an S3
 * version never changes, so those that `known` has are not asked for again; those that S3 did not answer for are.
 * @param isTimeUp asked before each request
 * @returns what differs, what could not be asked for, and how many were compared
 */
export async function checkChecksums(
  objects: Objects,
  all: readonly Recorded[],
  known: Checksums,
  isTimeUp: () => boolean,
): Promise<{ breaches: Breach[]; compared: number; late: number }> {
  const breaches: Breach[] = [];
  let compared = 0;
  let late = 0;
  const wanted = all.filter(({ s3Checksum }) => s3Checksum !== undefined);
  await forEach(wanted, AT_ONCE, async (recorded) => {
    const name = nameOf(recorded);
    if (!known.has(name)) {
      if (isTimeUp()) {
        late++;
        return;
      }
      try {
        known.set(name, await checksumOf(objects, recorded));
      } catch (error) {
        const problem = `S3 does not tell its checksum: ${String(error).slice(0, 300)}`;
        breaches.push({ kind: "audit-unfinished", item: recorded.key, problem });
        return;
      }
    }
    const found = known.get(name);
    // A patch that somebody else stored and that was proved may have none: its bytes are looked at by the deep audit.
    if (found === undefined) return;
    compared++;
    if (found === recorded.s3Checksum) return;
    const problem = `S3 says that its SHA-256 is ${found}, its row says ${recorded.s3Checksum}`;
    breaches.push({ kind: "object-differs", item: recorded.key, problem });
  });
  return { breaches, compared, late };
}

async function checksumOf(
  { s3, bucket: Bucket }: Objects,
  { key: Key, s3VersionId: VersionId }: Recorded,
): Promise<string | undefined> {
  const head = await s3.send(new HeadObjectCommand({ Bucket, Key, VersionId, ChecksumMode: "ENABLED" }));
  // The checksum of a multipart upload is one of its parts' checksums.
  return head.ChecksumType === "COMPOSITE" ? undefined : head.ChecksumSHA256;
}

/** Calls `work` for each item, `limit` at once. */
export async function forEach<Item>(
  items: Iterable<Item>,
  limit: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async () => {
    for (let next = iterator.next(); !next.done; next = iterator.next()) await work(next.value);
  };
  await Promise.all(Array.from({ length: limit }, worker));
}
