import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "./artifacts.ts";
import { reportsPrefix } from "./keys.ts";
import { readText } from "./objects.ts";
import { type BuildReport, type PlatformReport, readReport } from "./report.ts";

/** Reports by their key. */
export type Reports = ReadonlyMap<string, BuildReport>;

/** The reports of all builds of a version, of other executions too, in the order of their keys; they go after 90 days. */
export async function readReports(
  s3: S3Client,
  Bucket: string,
  cmd: string,
  version: string,
): Promise<Reports> {
  const reports = new Map<string, BuildReport>();
  const listed = { Bucket, Prefix: reportsPrefix(cmd, version) };
  for await (const { Contents = [] } of paginateListObjectsV2({ client: s3 }, listed)) {
    for (const { Key = "" } of Contents) reports.set(Key, readReport(await readText(s3, Bucket, Key)));
  }
  return reports;
}

/** A line about an artifact, and the key of the report that has it. */
export type Line = Extract<PlatformReport, { sha256: string }> & { key: string };

/** What reports say of the recorded bytes of an artifact, as far as they say what is in them. */
export function linesAbout(reports: Reports, { platform, sha256 }: Artifact): Line[] {
  return [...reports].flatMap(([key, { platforms }]) =>
    platforms.flatMap((line) => {
      if (line.platform !== platform || line.outcome === "failed") return [];
      return line.sha256 === sha256 && line.modules ? { ...line, key } : [];
    }),
  );
}
