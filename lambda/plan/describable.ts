import type { S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "../shared/artifacts.ts";
import { describedPlatforms } from "../shared/described.ts";
import { linesAbout, readReports } from "../shared/reports.ts";

/** Where documents and reports are. */
export interface Stores {
  s3: S3Client;
  artifactsBucket: string;
  sourcesBucket: string;
}

/**
 * Those of a version's artifacts that have their documents, or a report from which these can be written. The others
 * are built again: a build that died left binaries and no report, or the report has expired. The same bytes come out, and
 * a report with them.
 */
export async function describable(
  { s3, artifactsBucket, sourcesBucket }: Stores,
  artifacts: readonly Artifact[],
): Promise<Set<Artifact>> {
  const [any] = artifacts;
  if (any === undefined) return new Set();
  const platforms = artifacts.map(({ platform }) => platform);
  const described = await describedPlatforms(s3, artifactsBucket, any, platforms);
  const open = artifacts.filter(({ platform }) => !described.has(platform));
  if (open.length === 0) return new Set(artifacts);
  const reports = await readReports(s3, sourcesBucket, any.cmd, any.version);
  const untold = new Set(open.filter((artifact) => linesAbout(reports, artifact).length === 0));
  return new Set(artifacts.filter((artifact) => !untold.has(artifact)));
}
