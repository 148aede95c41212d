import { isCommand, isPlatform } from "./names.ts";
import { isVersion, sortableVersion } from "./version.ts";

/** Every object key and table key of the system is built here, and parsed nowhere else. */

/** Which full binary: one version of one command on one platform. */
export interface ArtifactId {
  cmd: string;
  version: string;
  platform: string;
}

/** Primary key of an item in the table. */
export interface ItemKey {
  pk: string;
  sk: string;
}

/** Object key in the artifacts bucket; also its path under the artifacts URL (the protocol's full binary). */
export function artifactObjectKey({ cmd, version, platform }: ArtifactId): string {
  return `${cmd}/${version}/${platform}.gz`;
}

/** What statements call the binary in an artifact: the key without its ending. */
export function binaryName(id: ArtifactId): string {
  return artifactObjectKey(id).replace(/\.gz$/, "");
}

/** The artifact that an object key names, or undefined when the key has another form. */
export function parseArtifactObjectKey(key: string): ArtifactId | undefined {
  const [cmd = "", version = "", file = "", ...rest] = key.split("/");
  if (rest.length > 0 || !file.endsWith(".gz")) return undefined;
  const platform = file.slice(0, -".gz".length);
  if (!isCommand(cmd) || !isVersion(version) || !isPlatform(platform)) return undefined;
  return { cmd, version, platform };
}

/** Object key, in the artifacts bucket, of an artifact's software bill of materials. */
export function sbomObjectKey({ cmd, version, platform }: ArtifactId): string {
  return `${cmd}/${version}/${platform}.cdx.json`;
}

/** Object key, in the artifacts bucket, of the statement about a version's builds. */
export function provenanceObjectKey(cmd: string, version: string): string {
  return `${cmd}/${version}/provenance.json`;
}

/** The same about one platform that was released after the others: what is written stays. */
export function laterProvenanceObjectKey({ cmd, version, platform }: ArtifactId): string {
  return `${cmd}/${version}/${platform}.provenance.json`;
}

/** The artifact whose bill of materials or later statement has this key, or undefined when it is no such key. */
export function parseDocumentObjectKey(key: string): ArtifactId | undefined {
  const [, name] = /^(.*)\.(?:cdx|provenance)\.json$/.exec(key) ?? [];
  return name === undefined ? undefined : parseArtifactObjectKey(`${name}.gz`);
}

/** The version that a statement with this key is about, or undefined when it is no such key. */
export function parseProvenanceObjectKey(key: string): { cmd: string; version: string } | undefined {
  const [cmd = "", version = "", file = "", ...rest] = key.split("/");
  if (rest.length > 0 || file !== "provenance.json") return undefined;
  return isCommand(cmd) && isVersion(version) ? { cmd, version } : undefined;
}

/** A patch turns the base version's binary into the target version's, on one platform. */
export interface PatchId {
  cmd: string;
  platform: string;
  /** The base version. */
  from: string;
  to: string;
}

/** Object key in the artifacts bucket; also its path under the artifacts URL (the protocol's patch). */
export function patchObjectKey({ cmd, from, to, platform }: PatchId): string {
  return `${cmd}/${from}/${to}/${platform}`;
}

/** The patch that an object key names, or undefined when the key has another form. */
export function parsePatchObjectKey(key: string): PatchId | undefined {
  const [cmd = "", from = "", to = "", platform = "", ...rest] = key.split("/");
  if (rest.length > 0 || !isCommand(cmd) || !isPlatform(platform)) return undefined;
  return isVersion(from) && isVersion(to) ? { cmd, platform, from, to } : undefined;
}

/** What a build has to do, in the sources bucket. Unique per execution and batch. */
export function planObjectKey(cmd: string, execution: string, batch: number): string {
  return `plans/${cmd}/${execution}/${batch}.tsv`;
}

/** What a build did, in the sources bucket: with the version before the execution, so that all of a version are together. */
export function reportObjectKey(cmd: string, version: string, execution: string, batch: number): string {
  return `${reportsPrefix(cmd, version)}${execution}/${batch}.tsv`;
}

/** Key prefix of the reports of all builds of a version. */
export function reportsPrefix(cmd: string, version: string): string {
  return `reports/${cmd}/${version}/`;
}

/** The execution whose build left a report. */
export function executionOfReport(key: string): string {
  return key.split("/").at(-2) ?? "";
}

/** The plan of the build that a report is of: empty parts when the key has another form, and then there is none. */
export function planKeyOfReport(cmd: string, key: string): string {
  const batch = /^\d+(?=\.tsv$)/.exec(key.split("/").at(-1) ?? "");
  return planObjectKey(cmd, executionOfReport(key), Number(batch?.[0] ?? -1));
}

/** The prefixes that build roles may read or write; the keys above and buildspec/source.sh stay under them. */
export const SOURCES_PREFIX = { archives: "sources", plans: "plans", reports: "reports" } as const;

export const ARTIFACTS_PARTITION = "artifact";
export const CURRENT_PARTITION = "current";
export const REFUSED_PARTITION = "refused";

export function artifactItemKey(id: ArtifactId): ItemKey {
  return { pk: ARTIFACTS_PARTITION, sk: `${versionPrefix(id.cmd, id.version)}${id.platform}` };
}

/** Sort-key prefix of all artifacts of one version of a command. */
export function versionPrefix(cmd: string, version: string): string {
  return `${cmd}#${sortableVersion(version)}#`;
}

/** Sort-key prefix of all artifacts of a command. */
export function commandPrefix(cmd: string): string {
  return `${cmd}#`;
}

export function patchPartition(cmd: string): string {
  return `patch#${cmd}`;
}

export function patchItemKey({ cmd, from, to, platform }: PatchId): ItemKey {
  return { pk: patchPartition(cmd), sk: `${patchPrefix(to)}${platform}#${from}` };
}

/** Sort-key prefix of all patches to a version. */
export function patchPrefix(to: string): string {
  return `${sortableVersion(to)}#`;
}

/** A refusal is of one stored object: the same key may later hold a good one under another S3 version id. */
export function refusedItemKey(objectKey: string, s3VersionId: string): ItemKey {
  // A foreign key may be as long as a sort key may be (1,024 bytes), and then the version id would not fit.
  return { pk: REFUSED_PARTITION, sk: `${objectKey.slice(0, 200)}#${s3VersionId}` };
}

export function currentItemKey(cmd: string): ItemKey {
  return { pk: CURRENT_PARTITION, sk: cmd };
}

export function historyPartition(cmd: string): string {
  return `history#${cmd}`;
}

export function historyItemKey(cmd: string, revision: number): ItemKey {
  return { pk: historyPartition(cmd), sk: String(revision).padStart(9, "0") };
}

export function sourceItemKey(cmd: string, version: string): ItemKey {
  return { pk: `source#${cmd}`, sk: sortableVersion(version) };
}
