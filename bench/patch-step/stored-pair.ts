import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { gunzipSync } from "node:zlib";
import { PutObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import { type Artifact, getArtifact } from "../../lambda/shared/artifacts.ts";
import { artifactObjectKey } from "../../lambda/shared/keys.ts";
import type { Table } from "../../lambda/shared/table.ts";
import { Workshop } from "../../verify/workshop.ts";
import { buildRelease } from "../shared/build-release.ts";
import type { Product } from "../shared/products.ts";

const LIMIT_SECONDS = 60;

/** The two newest versions of a product: stored and recorded, and as files. */
export interface StoredPair {
  cmd: string;
  base: Artifact;
  target: Artifact;
  /** Holds `base` and `target`, unpacked. */
  folder: string;
}

/** Builds both, stores them as a build does, and waits until the recorder has recorded them. */
export async function storePair(one: {
  product: Product;
  platform: string;
  s3: S3Client;
  bucket: string;
  table: Table;
  folder: string;
}): Promise<StoredPair> {
  const { product, platform, s3, bucket, table } = one;
  const folder = join(one.folder, product.name);
  mkdirSync(folder, { recursive: true });
  const workshop = new Workshop("bench-patch-step", folder);
  try {
    const repository = product.repository(workshop.path("repository"));
    const store = async (name: string, at: number): Promise<Artifact> => {
      product.release(repository, at);
      const { version, gzips } = await buildRelease(workshop, product, repository, [platform]);
      const gzip = gzips.get(platform) ?? Buffer.alloc(0);
      writeFileSync(join(folder, name), gunzipSync(gzip));
      const id = { cmd: product.name, version, platform };
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: artifactObjectKey(id), Body: gzip }));
      for (const deadline = Date.now() + LIMIT_SECONDS * 1000; Date.now() < deadline; await sleep(200)) {
        const artifact = await getArtifact(table, id);
        if (artifact !== undefined) return artifact;
      }
      throw new Error(`${product.name} ${version} was not recorded within ${LIMIT_SECONDS} s`);
    };
    const newest = product.versions.length - 1;
    const base = await store("base", newest - 1);
    return { cmd: product.name, base, target: await store("target", newest), folder };
  } finally {
    workshop.remove();
  }
}
