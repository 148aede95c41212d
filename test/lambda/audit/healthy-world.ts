import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import { advance, type Current, type HistoryEntry } from "../../../lambda/shared/current.ts";
import {
  artifactItemKey,
  artifactObjectKey,
  currentItemKey,
  historyItemKey,
  laterProvenanceObjectKey,
  type PatchId,
  patchItemKey,
  patchObjectKey,
  provenanceObjectKey,
  refusedItemKey,
  sbomObjectKey,
} from "../../../lambda/shared/keys.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { type Item, MemoryTable, sourceItem } from "../memory-table.ts";
import { pseudoRandom, SOURCE } from "../support.ts";

export const hashOf = (bytes: Buffer) => createHash("sha256").update(bytes).digest("base64");

export const OLD = "20260101";
export const NEW = "20260131.1";
/** Released, and withdrawn again. */
export const BAD = "20260202";
export const PLATFORMS = ["darwin-arm64", "linux-amd64"];
const VERSIONS = [OLD, NEW, BAD];
const YANK = { reason: "it deletes files", at: "2026-02-03T12:00:00.000Z", by: "promote-1" };

/** Of the same program: most of it is the same. */
export function binaryOf(version: string, platform: string): Buffer {
  const random = pseudoRandom(platform.length);
  const common = Buffer.from(Array.from({ length: 8000 }, () => Math.floor(random() * 256)));
  return Buffer.concat([Buffer.from(`${version} for ${platform}\n`), common]);
}

/** What the audit sees of a deployment that has released some versions and withdrawn one. Tests break it. */
export class HealthyWorld {
  readonly bucket = new MemoryBucket();
  readonly items: Item[] = [];
  /** Made when it is first read. */
  private memory: MemoryTable | undefined;

  /** @param patchOf makes the bytes of a patch; anything is good enough for those who do not apply it */
  constructor(patchOf: (id: PatchId) => Promise<Buffer> = async (id) => Buffer.from(JSON.stringify(id))) {
    this.ready = this.build(patchOf);
  }
  readonly ready: Promise<void>;

  get table(): MemoryTable {
    this.memory ??= new MemoryTable(this.items);
    return this.memory;
  }

  get store() {
    return { table: this.table, s3: this.bucket.s3, bucket: this.bucket.name };
  }

  row(key: { pk: string; sk: string }): Item {
    const found = this.items.find(({ pk, sk }) => pk === key.pk && sk === key.sk);
    if (found === undefined) throw new Error(`no row ${key.pk} ${key.sk}`);
    return found;
  }

  remove(key: { pk: string; sk: string }): void {
    this.items.splice(this.items.indexOf(this.row(key)), 1);
  }

  private async build(patchOf: (id: PatchId) => Promise<Buffer>): Promise<void> {
    for (const version of VERSIONS) {
      for (const platform of PLATFORMS) this.storeArtifact("greet", version, platform);
      this.bucket.store(provenanceObjectKey("greet", version), Buffer.from("{}"));
    }
    this.bucket.store(laterProvenanceObjectKey(idOf(OLD, "linux-amd64")), Buffer.from("{}"));
    for (const platform of PLATFORMS) {
      for (const [from, to] of [
        [OLD, NEW],
        [OLD, BAD],
        [NEW, BAD],
        [BAD, NEW],
      ] as [string, string][]) {
        const id = { cmd: "greet", platform, from, to };
        this.storePatch(id, await patchOf(id));
      }
      const none = { cmd: "greet", platform, from: NEW, to: OLD, none: "it is larger", recordedAt: YANK.at };
      this.items.push({ ...patchItemKey(none), ...none });
    }
    this.refuse("greet/20260101/plan9-386.gz");
    this.refuse("index.gz");
    this.publish();
    for (const platform of PLATFORMS) {
      this.bucket.mark(artifactObjectKey(idOf(BAD, platform)));
      for (const from of [OLD, NEW]) {
        this.bucket.mark(patchObjectKey({ cmd: "greet", from, to: BAD, platform }));
      }
    }
    this.items.push(sourceItem(SOURCE));
    // Another command whose name begins alike, with one imported artifact that was never current.
    this.storeArtifact("greet-canary", OLD, "linux-amd64");
  }

  private storeArtifact(cmd: string, version: string, platform: string): void {
    const id = { cmd, version, platform };
    const binary = binaryOf(version, platform);
    const gzip = gzipSync(binary);
    const key = artifactObjectKey(id);
    const s3Checksum = hashOf(gzip);
    const artifact: Artifact = {
      ...id,
      ...{ sha256: hashOf(binary), size: binary.length, gzSize: gzip.length, key },
      s3VersionId: this.bucket.store(key, gzip, { ChecksumSHA256: s3Checksum }),
      ...(platform === "linux-amd64" && { s3Checksum }),
      recordedAt: "2026-01-31T12:00:00.000Z",
    };
    this.items.push({ ...artifactItemKey(id), ...artifact });
    this.bucket.store(sbomObjectKey(id), Buffer.from("{}"));
  }

  private storePatch(id: PatchId, bytes: Buffer): void {
    const sha256 = hashOf(bytes);
    const s3VersionId = this.bucket.store(patchObjectKey(id), bytes, { ChecksumSHA256: sha256 });
    const patch = { ...id, size: bytes.length, sha256, s3VersionId, recordedAt: YANK.at };
    this.items.push({ ...patchItemKey(id), ...patch });
  }

  private refuse(key: string): void {
    const s3VersionId = this.bucket.store(key, Buffer.from("no gzip"));
    const refusal = { key, s3VersionId, reason: "it is not gzip", refusedAt: YANK.at };
    this.items.push({ ...refusedItemKey(key, s3VersionId), ...refusal });
  }

  /** Each version on all platforms; then the last one is withdrawn, and the one before becomes current again. */
  private publish(): void {
    let current: Current | undefined;
    const entries: HistoryEntry[] = [];
    const move = (version: string) => {
      const rows = PLATFORMS.map((platform) => this.row(artifactItemKey(idOf(version, platform))));
      const { next, entry } = advance("greet", current, rows as unknown as Artifact[], YANK);
      current = next;
      entries.push(entry);
    };
    for (const version of [...VERSIONS, NEW]) move(version);
    Object.assign(entries.at(-1) as HistoryEntry, { yanked: { version: BAD, reason: YANK.reason } });
    const row = { ...(current as unknown as Current), yanked: { [BAD]: YANK } };
    this.items.push({ ...currentItemKey("greet"), ...row });
    for (const entry of entries) this.items.push({ ...historyItemKey("greet", entry.revision), ...entry });
  }
}

export function idOf(version: string, platform: string) {
  return { cmd: "greet", version, platform };
}
