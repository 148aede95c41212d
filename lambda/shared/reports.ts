import { paginateListObjectsV2, type S3Client } from "@aws-sdk/client-s3";
import type { Artifact } from "./artifacts.ts";
import { type BuildOrders, readPlan } from "./build-plan.ts";
import { readDocument } from "./documents.ts";
import { planKeyOfReport, reportsPrefix } from "./keys.ts";
import { log } from "./log.ts";
import { readModules } from "./modules.ts";
import { type BuildReport, type PlatformReport, readReport } from "./report.ts";

/** A build's report, with what the build was told. */
export interface PlannedReport extends BuildReport {
  plan: BuildOrders;
}

/** Reports by their key. */
export type Reports = ReadonlyMap<string, PlannedReport>;

/** Bytes: 47 platforms with 400 modules each take less than half of it. */
export const LARGEST_REPORT = 2 ** 22;
/** A release has 40 builds at most; the function's 512 MB hold this many reports of common size many times over. */
export const MOST_REPORTS = 100;
/** Bytes of all: texts are in memory twice or thrice. */
const MOST_BYTES = 2 ** 26;

/**
 * The newest reports of all builds of a version, of other executions too, in the order of their keys; they go after 90 days.
 * Builds write them, and builds run code that is not ours: one that cannot be read, is too large or that no plan asked for
 * is skipped, so that it stops no other.
 */
export async function readReports(
  s3: S3Client,
  Bucket: string,
  cmd: string,
  version: string,
): Promise<Reports> {
  const reports = new Map<string, PlannedReport>();
  for (const key of await newestReports(s3, Bucket, reportsPrefix(cmd, version))) {
    const planText = await readDocument(s3, Bucket, planKeyOfReport(cmd, key));
    const plan = readPlan(planText ?? "");
    if (plan.version !== version || plan.reportKey !== key) {
      log("skipped a report", { key, why: "no plan asked for it" });
      continue;
    }
    const text = (await readDocument(s3, Bucket, key)) ?? "";
    try {
      reports.set(key, { ...readReport(text), plan });
    } catch (error) {
      log("skipped a report", { key, why: String(error).slice(0, 500) });
    }
  }
  return reports;
}

async function newestReports(client: S3Client, Bucket: string, Prefix: string): Promise<string[]> {
  const listed: { key: string; size: number; time: number }[] = [];
  for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket, Prefix })) {
    for (const { Key: key = "", Size: size = 0, LastModified } of Contents) {
      if (size <= LARGEST_REPORT) listed.push({ key, size, time: LastModified?.getTime() ?? 0 });
      else log("skipped a report", { key, why: `it has ${size} bytes` });
    }
  }
  let bytes = 0;
  return listed
    .sort((a, b) => b.time - a.time)
    .slice(0, MOST_REPORTS)
    .filter(({ size }) => {
      bytes += size;
      return bytes <= MOST_BYTES;
    })
    .map(({ key }) => key)
    .sort();
}

/** A line about an artifact, and the key of the report that has it. */
export type Line = Extract<PlatformReport, { sha256: string }> & { key: string };

/** What reports say of the recorded bytes of an artifact, as far as they can say what is in them. */
export function linesAbout(reports: Reports, { platform, sha256 }: Artifact): Line[] {
  return [...reports].flatMap(([key, { plan, platforms }]) =>
    platforms.flatMap((line) => {
      if (line.platform !== platform || line.outcome === "failed") return [];
      const isAboutIt = line.sha256 === sha256 && plan.platforms.includes(platform);
      return isAboutIt && isReadable(line.modules) ? { ...line, key } : [];
    }),
  );
}

function isReadable(modules = ""): boolean {
  try {
    readModules(modules);
    return true;
  } catch {
    return false;
  }
}
