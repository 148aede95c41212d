import { mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { Workshop } from "../../verify/workshop.ts";
import { buildRelease } from "../shared/build-release.ts";
import { bestGzip, plainBuild } from "../shared/plain-build.ts";
import type { Product } from "../shared/products.ts";

/** The two versions of a product on a platform, built one way: files. */
export interface BuiltPair {
  base: string;
  target: string;
  targetBytes: number;
  /** Of the target, as a full download. */
  gzipBytes: number;
}

export type Build = "ours" | "plain";

/** Both versions for each platform: as a release builds them, and, if asked for, as `go build` does by itself, which was hkdist's way. */
export async function buildPairs(
  product: Product,
  platforms: readonly string[],
  builds: ReadonlySet<Build>,
  folder: string,
  log: (line: string) => void,
): Promise<(platform: string, build: Build) => BuiltPair> {
  const gzipBytes = new Map<string, number>();
  const nameOf = (platform: string, build: Build, which: string) =>
    join(folder, `${product.name}-${platform}-${build}-${which}`);
  mkdirSync(folder, { recursive: true });
  const workshop = new Workshop("bench-patches", folder);
  try {
    const repository = product.repository(join(folder, `${product.name}.repository`));
    const newest = product.versions.length - 1;
    for (const [which, at] of [
      ["base", newest - 1],
      ["target", newest],
    ] as const) {
      log(`building ${product.name} ${product.versions[at]}`);
      product.release(repository, at);
      const { gzips } = await buildRelease(workshop, product, repository, platforms);
      for (const [platform, gzip] of gzips) {
        const ours = nameOf(platform, "ours", which);
        writeFileSync(ours, gunzipSync(gzip));
        gzipBytes.set(ours, gzip.length);
        if (!builds.has("plain")) continue;
        const plain = nameOf(platform, "plain", which);
        plainBuild(repository.folder, product.command.mainPackage, platform, plain);
        if (which === "target") gzipBytes.set(plain, bestGzip(plain).length);
      }
    }
  } finally {
    workshop.remove();
  }
  return (platform, build) => {
    const [base = "", target = ""] = ["base", "target"].map((which) => nameOf(platform, build, which));
    return { base, target, targetBytes: statSync(target).size, gzipBytes: gzipBytes.get(target) ?? 0 };
  };
}
