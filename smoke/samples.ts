import { createHash, randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { type ArtifactId, artifactObjectKey } from "../lambda/shared/keys.ts";
import type { OwnCommand } from "./own-command.ts";

/** What stands for a binary. */
export interface Sample {
  id: ArtifactId;
  key: string;
  gzip: Buffer;
  /** Of the uncompressed bytes, as clients compare it. */
  sha256: string;
  /** Milliseconds since 1970: when it was stored. */
  storedAt?: number;
}

/** Bytes. Noise: only what two versions have in common makes their patch small. */
const SIZE = 65_536;

/** Two versions that differ in their last bytes. */
export function twoVersions(cmd: OwnCommand): [Sample, Sample] {
  const common = randomBytes(SIZE);
  const sample = (version: string): Sample => {
    const bytes = Buffer.concat([common, Buffer.from(`version ${version}\n`)]);
    const id = { cmd, version, platform: "linux-amd64" };
    const sha256 = createHash("sha256").update(bytes).digest("base64");
    return { id, key: artifactObjectKey(id), gzip: gzipSync(bytes), sha256 };
  };
  return [sample("20000101"), sample("20000102")];
}
