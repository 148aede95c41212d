import { readFileSync } from "node:fs";
import { join } from "node:path";
import { planBatches } from "../../lambda/plan/batches.ts";
import { artifactObjectKey } from "../../lambda/shared/keys.ts";
import { type BuildReport, readReport } from "../../lambda/shared/report.ts";
import { cacheFolder } from "../../tools/checkout.ts";
import type { Repository } from "../../tools/repository.ts";
import type { Workshop } from "../../verify/workshop.ts";
import type { Product } from "./products.ts";

/** What benchmarks keep of Go between runs; the local AWS has it too. */
export const GO_CACHE = join(cacheFolder, "go-build");

export interface Release {
  version: string;
  /** The stored gzip of each platform. */
  gzips: Map<string, Buffer>;
  report: BuildReport;
  /** Of what was compiled: sources and modules, as one tar.gz. */
  archive: string;
}

/**
 * Builds the repository's newest tag with the builds' own scripts, so that nothing here says again how a release is built.
 * @param urls of the directory and of the artifacts, for a product that is told them
 * @throws Error when a platform does not build
 */
export async function buildRelease(
  workshop: Workshop,
  { name: cmd, command }: Pick<Product, "name" | "command">,
  repository: Repository,
  platforms: readonly string[],
  urls?: { directoryUrl: string; artifactsUrl: string },
): Promise<Release> {
  const settings = {
    GOCACHE: GO_CACHE,
    HKDIST_COMMAND: cmd,
    HKDIST_MAIN_PACKAGE: command.mainPackage,
    HKDIST_VERSION_VARIABLE: command.versionVariable,
    ...(urls !== undefined && {
      HKDIST_DIRECTORY_URL_VARIABLE: command["directoryUrlVariable"] ?? "",
      HKDIST_DIRECTORY_URL: urls.directoryUrl,
      HKDIST_ARTIFACTS_URL_VARIABLE: command["artifactsUrlVariable"] ?? "",
      HKDIST_ARTIFACTS_URL: urls.artifactsUrl,
    }),
  };
  const outcome = await workshop.runScript("source.sh", {
    ...settings,
    HKDIST_REPOSITORY: repository.folder,
    HKDIST_BRANCH: "main",
    HKDIST_PLATFORMS: platforms.join(" "),
  });
  const told = (name: string) => outcome[name] ?? "";
  if (told("OUTCOME") !== "archived") throw new Error(`${cmd}: ${told("REFUSAL")}: ${told("REASON")}`);
  const version = told("TAG").slice(1);
  const source = {
    ...{ cmd, version, tag: told("TAG"), tagObject: told("TAG_OBJECT"), commit: told("COMMIT") },
    ...{ commitDate: told("COMMIT_DATE"), tagDate: told("TAG_DATE"), signer: told("SIGNER") },
    ...{ goVersion: told("GO_VERSION"), archiveKey: told("ARCHIVE_KEY") },
    archiveSha256: told("ARCHIVE_SHA256"),
  };
  const [plan] = planBatches(source, platforms, "bench", 1);
  if (plan === undefined) throw new Error("no platform is asked for");
  workshop.storeSource(plan.planKey, plan.text);
  await workshop.runScript("build.sh", { ...settings, HKDIST_PLAN_KEY: plan.planKey });
  const report = readReport(readFileSync(workshop.sources(plan.reportKey), "utf8"));
  for (const one of report.platforms) {
    if (one.outcome === "failed") throw new Error(`${cmd} ${version} for ${one.platform}: ${one.message}`);
  }
  const gzipOf = (platform: string) =>
    readFileSync(workshop.artifacts(artifactObjectKey({ cmd, version, platform })));
  const gzips = new Map(platforms.map((platform) => [platform, gzipOf(platform)]));
  return { version, gzips, report, archive: workshop.sources(source.archiveKey) };
}
