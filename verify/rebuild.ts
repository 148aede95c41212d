import { existsSync, readFileSync } from "node:fs";
import { planBatches } from "../lambda/plan/batches.ts";
import { type ArtifactId, artifactObjectKey } from "../lambda/shared/keys.ts";
import { type PlatformReport, readReport } from "../lambda/shared/report.ts";
import type { Archive } from "./archive.ts";
import type { Statement } from "./statement.ts";
import type { Workshop } from "./workshop.ts";

/** What was built again of a platform: the report's line, and the gzip of what compiled. */
export interface Rebuilt {
  report: PlatformReport | undefined;
  gzip: Buffer | undefined;
}

/** Builds platforms again as a statement's build did, from the archive. Returns what became of each. */
export async function rebuild(
  workshop: Workshop,
  { cmd, version }: Pick<ArtifactId, "cmd" | "version">,
  statement: Statement,
  build: Statement["builds"][number],
  platforms: readonly string[],
  archive: Archive,
): Promise<Map<string, Rebuilt>> {
  const source = {
    ...{ cmd, version, tag: statement.tag, tagObject: statement.tagObject, commit: statement.commit },
    ...{ commitDate: "", tagDate: statement.tagDate, signer: "", goVersion: statement.goVersion },
    ...{ archiveKey: archive.key, archiveSha256: archive.sha256 },
  };
  const [plan] = planBatches(source, platforms, "verify", 1);
  if (plan === undefined) return new Map();
  workshop.storeSource(plan.planKey, plan.text);
  const settings = { ...build.settings, HKDIST_COMMAND: cmd, HKDIST_PLAN_KEY: plan.planKey };
  await workshop.runScript("build.sh", settings, build.hook);
  const report = readReport(readFileSync(workshop.sources(plan.reportKey), "utf8"));
  return new Map(
    platforms.map((platform) => {
      const gzip = workshop.artifacts(artifactObjectKey({ cmd, version, platform }));
      return [
        platform,
        {
          report: report.platforms.find((one) => one.platform === platform),
          gzip: existsSync(gzip) ? readFileSync(gzip) : undefined,
        },
      ];
    }),
  );
}
