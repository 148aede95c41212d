import { type ArtifactId, artifactObjectKey } from "../../lambda/shared/keys.ts";
import { hashOf, store } from "../golden/stored.ts";
import { local, s3 } from "./setting.ts";
import { put } from "./signed.ts";

/** The SHA-256 of what stands for an artifact's binary. */
export function sha256Of(id: ArtifactId): string {
  return hashOf(artifactObjectKey(id));
}

/** Stores what stands for an artifact's binary, as one who builds elsewhere does. */
export async function storeArtifact(id: ArtifactId): Promise<void> {
  await store(s3, local.artifactsBucket, artifactObjectKey(id));
}

/** Stores and registers it. Returns the answer: 201, or 200 when the event came first. */
export async function register(id: ArtifactId): Promise<Response> {
  await storeArtifact(id);
  return put(`${id.cmd}/${id.version}/${id.platform}.json`, JSON.stringify({ sha256: sha256Of(id) }));
}
