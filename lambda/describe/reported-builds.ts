import type { Artifact } from "../shared/artifacts.ts";
import { BuildReportMissingError } from "../shared/errors.ts";
import { executionOfReport } from "../shared/keys.ts";
import { linesAbout, type Reports } from "../shared/reports.ts";
import type { Build } from "./provenance.ts";

/** What the reports tell of artifacts. */
export interface Reported {
  /** By platform, what `go version -m` says of the recorded binary. */
  modules: Map<string, string>;
  builds: Build[];
}

/**
 * Finds, for each artifact, the build that made its recorded bytes. A build that stored them comes before one that found
 * them there.
 * @throws BuildReportMissingError that names the platforms without one
 */
export function findBuilds(artifacts: readonly Artifact[], reports: Reports): Reported {
  const modules = new Map<string, string>();
  const builds = new Map<string, Build>();
  const missing: string[] = [];
  for (const artifact of artifacts) {
    const { platform } = artifact;
    const lines = linesAbout(reports, artifact);
    const line = lines.find(({ outcome }) => outcome === "stored") ?? lines[0];
    if (line === undefined) {
      missing.push(platform);
      continue;
    }
    modules.set(platform, line.modules ?? "");
    const build = builds.get(line.key) ?? buildOf(line.key, reports);
    build.platforms.push(platform);
    builds.set(line.key, build);
  }
  if (missing.length > 0) throw new BuildReportMissingError(sentence(artifacts, missing));
  return { modules, builds: [...builds.values()] };
}

function buildOf(key: string, reports: Reports): Build {
  const { settings = {}, plan } = reports.get(key) ?? {};
  const { flags = "", hook, archiveKey: _, archiveSha256: __, ...given } = settings;
  return {
    platforms: [],
    execution: executionOfReport(key),
    // By the plan: what the report says of it is only what a build says.
    archive: { key: plan?.archiveKey ?? "", sha256: plan?.archiveSha256 ?? "" },
    settings: given,
    ...(hook !== undefined && { hook }),
    flags: flags.split("\n"),
  };
}

function sentence([first]: readonly Artifact[], missing: readonly string[]): string {
  return (
    `no report tells how ${first?.cmd} ${first?.version} was built for ${missing.join(", ")}, so there can be no bill of ` +
    "materials and no provenance: reports are kept for 90 days. Start the release again: it builds them once more."
  );
}
