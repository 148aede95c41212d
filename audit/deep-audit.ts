import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { GetObjectCommand } from "@aws-sdk/client-s3";
import bsdiff from "bsdiff-node";
import type { Breach } from "../lambda/audit/breach.ts";
import {
  recordedArtifact,
  recordedPatch,
  type StoredPatch,
  storedPatches,
  versionOf,
} from "../lambda/audit/check-objects.ts";
import { forEach } from "../lambda/audit/checksums.ts";
import type { Store } from "../lambda/audit/shallow-audit.ts";
import { DAMAGED, nameOf, type World, whole } from "../lambda/audit/world.ts";
import { download, downloadBinary, hashFile } from "../lambda/patch/stored-files.ts";
import { UnpackError, unpackGzip } from "../lambda/record/unpack-gzip.ts";
import type { Artifact } from "../lambda/shared/artifacts.ts";
import { artifactItemKey, patchObjectKey } from "../lambda/shared/keys.ts";

/** What was done again. */
export interface DeepCounts {
  /** Artifacts that were downloaded, unpacked and hashed. */
  unpacked: number;
  /** Patches that were applied to their base. */
  applied: number;
}

/** Downloads, and patches in the making, at once. */
const AT_ONCE = 2;

/**
 * Hashes what every artifact unpacks to, and applies every patch to its base, all by the recorded S3 versions: rows and
 * bytes that never change, so one look is enough. What the shallow audit tells of (gone, another size) is left out.
 * @param world as the shallow audit has read it
 */
export async function deepAudit(
  store: Store,
  world: World,
): Promise<{ breaches: Breach[]; counts: DeepCounts }> {
  const breaches: Breach[] = [];
  const counts = { unpacked: 0, applied: 0 };
  const damaged = new Set<string>();
  const tell = (kind: Breach["kind"], item: string, problem: string) =>
    breaches.push({ kind, item, problem });

  const artifacts = whole(world.artifacts.values()).filter((artifact) => {
    const recorded = recordedArtifact(artifact);
    return versionOf(world, recorded)?.size === recorded.size;
  });
  await forEach(artifacts, AT_ONCE, async (artifact) => {
    const problem = await troubleInArtifact(store, artifact).catch((error: unknown) => {
      tell("audit-unfinished", artifact.key, `it cannot be read: ${String(error).slice(0, 300)}`);
    });
    counts.unpacked++;
    if (!problem) return;
    damaged.add(artifact.key);
    tell("object-differs", artifact.key, problem);
  });

  const byBase = Map.groupBy(
    storedPatches(world).filter((patch) => {
      const recorded = recordedPatch(patch);
      return versionOf(world, recorded)?.size === recorded.size;
    }),
    ({ cmd, platform, from }) => nameOf(artifactItemKey({ cmd, platform, version: from })),
  );
  const sound = new Map(artifacts.map((artifact) => [nameOf(artifactItemKey(artifact)), artifact]));
  await forEach(byBase, AT_ONCE, async ([name, patches]) => {
    const base = sound.get(name);
    // Without its base a patch can neither be proved nor used; the base has its own breach.
    if (base === undefined || damaged.has(base.key)) return;
    const folder = await mkdtemp(join(tmpdir(), "hkdist-audit-"));
    try {
      const file = join(folder, "base");
      await downloadBinary(store.s3, store.bucket, base, file);
      for (const patch of patches) {
        const { cmd, platform, to } = patch;
        const target = world.artifacts.get(nameOf(artifactItemKey({ cmd, platform, version: to })));
        if (target === undefined || target === DAMAGED) continue;
        const breach = await troubleInPatch(store, patch, target, folder).catch((error: unknown): Breach => {
          const problem = `it cannot be read: ${String(error).slice(0, 300)}`;
          return { kind: "audit-unfinished", item: patchObjectKey(patch), problem };
        });
        counts.applied++;
        if (breach) breaches.push(breach);
      }
    } catch (error) {
      tell("audit-unfinished", base.key, `it cannot be read: ${String(error).slice(0, 300)}`);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });
  return { breaches, counts };
}

async function troubleInArtifact(
  { s3, bucket: Bucket }: Store,
  artifact: Artifact,
): Promise<string | undefined> {
  const { key: Key, s3VersionId: VersionId, sha256, size } = artifact;
  const object = await s3.send(new GetObjectCommand({ Bucket, Key, VersionId }));
  try {
    // Anything larger is another binary.
    const found = await unpackGzip(object.Body as AsyncIterable<Uint8Array>, size);
    if (found.sha256 === sha256 && found.size === size) return undefined;
    return `its row says ${size} bytes with SHA-256 ${sha256}; it unpacks to ${found.size} with ${found.sha256}`;
  } catch (error) {
    if (error instanceof UnpackError) return `it cannot be unpacked to what its row says: ${error.message}`;
    throw error;
  }
}

/** @param folder holds the base; files in it are written over */
async function troubleInPatch(
  { s3, bucket: Bucket }: Store,
  patch: StoredPatch,
  target: Artifact,
  folder: string,
): Promise<Breach | undefined> {
  const Key = patchObjectKey(patch);
  const file = (name: string) => join(folder, name);
  const sha256 = await download(s3, { Bucket, Key, VersionId: patch.s3VersionId }, file("patch"));
  if (sha256 !== patch.sha256) {
    const problem = `its row says SHA-256 ${patch.sha256}, its bytes have ${sha256}`;
    return { kind: "object-differs", item: Key, problem };
  }
  const made = await bsdiff.patch(file("base"), file("result"), file("patch")).then(
    () => hashFile(file("result")),
    // The addon rejects with plain words.
    (error: unknown) => `nothing (${error})`,
  );
  if (made === target.sha256) return undefined;
  const problem = `applied to ${patch.from} it makes ${made}, and ${patch.to} has ${target.sha256}`;
  return { kind: "patch-wrong", item: Key, problem };
}
