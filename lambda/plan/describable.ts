import type { S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "../shared/artifacts.ts";
import { sbomObjectKey } from "../shared/keys.ts";
import { newestVersionId } from "../shared/objects.ts";
import { linesAbout, readReports } from "../shared/reports.ts";

/** Where documents and reports are. */
export interface Stores {
  s3: S3Client;
  artifactsBucket: string;
  sourcesBucket: string;
}

/**
 * Those of a version's artifacts that have their bill of materials, or a report from which it can be written. The others
 * are built again: a build that died left binaries and no report, or the report has expired. The same bytes come out, and
 * a report with them.
 */
export async function describable(
  { s3, artifactsBucket, sourcesBucket }: Stores,
  artifacts: readonly Artifact[],
): Promise<Set<Artifact>> {
  const keys = await Promise.all(
    artifacts.map((artifact) => newestVersionId(s3, artifactsBucket, sbomObjectKey(artifact))),
  );
  const open = artifacts.filter((_, index) => keys[index] === undefined);
  const [first] = open;
  if (first === undefined) return new Set(artifacts);
  const reports = await readReports(s3, sourcesBucket, first.cmd, first.version);
  const untold = new Set(open.filter((artifact) => linesAbout(reports, artifact).length === 0));
  return new Set(artifacts.filter((artifact) => !untold.has(artifact)));
}
