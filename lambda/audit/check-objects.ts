import type { Artifact } from "../shared/artifacts.ts";
import {
  artifactItemKey,
  parseArtifactObjectKey,
  parseDocumentObjectKey,
  parsePatchObjectKey,
  parseProvenanceObjectKey,
  patchItemKey,
  patchObjectKey,
  refusedItemKey,
} from "../shared/keys.ts";
import type { Patch } from "../shared/patches.ts";
import type { Breach } from "./breach.ts";
import { isWithdrawn, type Judgement } from "./judgement.ts";
import { DAMAGED, nameOf, type StoredVersion, type World, whole } from "./world.ts";

/** A patch that is stored, as opposed to a reason why there is none. */
export type StoredPatch = Exclude<Patch, { none: string }>;

/** What a row says about its object. */
export interface Recorded {
  cmd: string;
  /** Withdrawn with this version. */
  version: string;
  key: string;
  s3VersionId: string;
  /** Bytes. */
  size: number;
  /** What S3 must tell as the object's SHA-256; undefined: the upload carried none that is of all bytes. */
  s3Checksum: string | undefined;
}

/** The objects that rows are about. */
export function recordedObjects(world: World): Recorded[] {
  const artifacts = whole(world.artifacts.values()).map(recordedArtifact);
  return [...artifacts, ...storedPatches(world).map(recordedPatch)];
}

export function recordedArtifact(artifact: Artifact): Recorded {
  const { cmd, version, key, s3VersionId, gzSize, s3Checksum } = artifact;
  return { cmd, version, key, s3VersionId, size: gzSize, s3Checksum };
}

/** A patch is stored as it is: its own hash is the object's. */
export function recordedPatch(patch: StoredPatch): Recorded {
  const { cmd, to, s3VersionId, size, sha256 } = patch;
  return { cmd, version: to, key: patchObjectKey(patch), s3VersionId, size, s3Checksum: sha256 };
}

export function storedPatches(world: World): StoredPatch[] {
  return whole(world.patches.values()).filter((patch): patch is StoredPatch => !("none" in patch));
}

/** The version of an object that its row names. */
export function versionOf(world: World, { key, s3VersionId }: Recorded): StoredVersion | undefined {
  return world.objects.get(key)?.find(({ id, isMarker }) => id === s3VersionId && !isMarker);
}

/**
 * Whether the recorded version is there with the recorded size, and is what a download gets: the newest under its key, or
 * nothing at all when the version was withdrawn.
 */
export function checkRecorded(world: World, recorded: Recorded, judgement: Judgement): Breach | undefined {
  const { key, s3VersionId, size } = recorded;
  const breach = (kind: Breach["kind"], problem: string) => ({ kind, item: key, problem });
  const stored = versionOf(world, recorded);
  const newest = world.objects.get(key)?.[0];
  if (stored === undefined) {
    const instead = newest ? `there is ${told(newest)} instead` : "nothing has that key";
    return breach("object-missing", `its row names S3 version ${s3VersionId}, and ${instead}`);
  }
  if (stored.size !== size) {
    return breach(
      "object-differs",
      `S3 version ${s3VersionId} has ${stored.size} bytes, its row says ${size}`,
    );
  }
  const withdrawn = isWithdrawn(world, recorded, judgement);
  if (withdrawn === "unclear" || newest === undefined) return undefined;
  if (withdrawn === "yes") {
    if (newest.isMarker) return undefined;
    return breach(
      "withdrawn-reachable",
      `${recorded.version} is withdrawn, and clients still get ${told(newest)}`,
    );
  }
  if (newest === stored) return undefined;
  return breach("object-hidden", `its row names S3 version ${s3VersionId}, and clients get ${told(newest)}`);
}

function told({ id, size, isMarker, storedAt }: StoredVersion): string {
  const since = `since ${new Date(storedAt).toISOString()}`;
  return isMarker ? `a delete marker, ${id}, ${since}` : `version ${id} of ${size} bytes, ${since}`;
}

/** The keys under which something is stored that no row explains, though it has had the time. */
export function checkExplained(world: World, judgement: Judgement): Breach[] {
  const released = new Set([...world.artifacts.keys()].map((name) => name.slice(0, name.lastIndexOf("#"))));
  return [...world.objects].flatMap(([key, stored]) => {
    const isExplained = explanationOf(key, { world, judgement, released });
    const strange = stored.filter(
      (version) => version.storedAt <= judgement.settledAt && !isExplained(version, stored),
    );
    if (strange.length === 0) return [];
    const which = strange.slice(0, 3).map(told).join("; ");
    const more = strange.length > 3 ? `; and ${strange.length - 3} more` : "";
    return [{ kind: "object-unexplained", item: key, problem: `no row explains ${which}${more}` } as const];
  });
}

/** Tells of a version of an object, one of all that are stored under its key, newest first. */
type Explanation = (version: StoredVersion, stored: readonly StoredVersion[]) => boolean;

interface Known {
  world: World;
  judgement: Judgement;
  /** The versions that have artifacts, as the names of these begin. */
  released: ReadonlySet<string>;
}

/** What explains the versions of the object with this key. */
function explanationOf(key: string, known: Known): Explanation {
  const { world } = known;
  const isRefused = ({ id }: StoredVersion) => world.refusals.has(nameOf(refusedItemKey(key, id)));

  const artifact = parseArtifactObjectKey(key);
  if (artifact !== undefined) {
    const explains = rowExplains(world.artifacts.get(nameOf(artifactItemKey(artifact))), artifact, known);
    return (version, stored) => isRefused(version) || explains(version, stored);
  }
  const patch = parsePatchObjectKey(key);
  if (patch !== undefined) {
    const row = world.patches.get(nameOf(patchItemKey(patch)));
    const isNone = row !== undefined && row !== DAMAGED && "none" in row;
    return isNone ? () => false : rowExplains(row, { cmd: patch.cmd, version: patch.to }, known);
  }
  const document = parseDocumentObjectKey(key);
  if (document !== undefined) {
    return documentExplains(world.artifacts.has(nameOf(artifactItemKey(document))), document, known);
  }
  const statement = parseProvenanceObjectKey(key);
  if (statement !== undefined) {
    const first = nameOf(artifactItemKey({ ...statement, platform: "" }));
    return documentExplains(known.released.has(first.slice(0, -1)), statement, known);
  }
  return isRefused;
}

interface OfVersion {
  cmd: string;
  version: string;
}

/** An object that has a row of its own, or should have. */
function rowExplains(
  row: { s3VersionId: string } | typeof DAMAGED | undefined,
  of: OfVersion,
  { world, judgement }: Known,
): Explanation {
  if (row === undefined) return () => false;
  if (row === DAMAGED) return () => true;
  return (version, [newest]) => {
    // What is newest and not the recorded one is told by the row's own check.
    if (version === newest || version.id === row.s3VersionId) return true;
    return version.isMarker && isWithdrawn(world, of, judgement) !== "no";
  };
}

/** Documents are written once, so the first one is ours. One that came later is what clients get, and nothing explains it. */
function documentExplains(isRecorded: boolean, of: OfVersion, { world, judgement }: Known): Explanation {
  return (version, stored) => {
    if (version.isMarker) return isWithdrawn(world, of, judgement) !== "no";
    return isRecorded && version === stored.findLast(({ isMarker }) => !isMarker);
  };
}
