import { functionFor, LARGEST_PAIR } from "../lambda/patch/limits.ts";
import { LARGEST_BINARY_BYTES } from "../lib/config/schema.ts";
import { FIXED } from "./fixed.ts";
import { GB, type Meter } from "./prices.ts";
import type { Shape } from "./shape.ts";

/** Units a month on each of AWS's meters. */
export type Usage = Record<Meter, number>;

const DAYS = 365 / 12;
const KB = 1000;
const MB = 1e6;

// --- What clients download, beside the binary's size: the largest of `npm run bench:patches` (docs/cost.md).
export const GZIP_RATIO = 0.44;
export const PATCH_RATIO = 0.063;

// --- A check for updates.
/** Seconds of the directory function (0.5 GB): below 1 ms of CPU, nearly all in the SDK (`npm run bench:directory`), which are 3 ms
 * at 512 MB's 0.29 processors; the rest is waiting for the table, taken at 17 ms. */
const CHECK_SECONDS = 0.02;
const SMALL_FUNCTION_GB = 0.5;
/** Eventually consistent: half a unit. */
const READS_PER_CHECK = 0.5;
/** Body, headers and TLS. The body is 115 bytes. */
const BYTES_PER_CHECK = 1 * KB;
/** What Lambda itself logs of a call (platform.start with 140 bytes, platform.report with 220, 26 each for CloudWatch), and the gateway's access log. */
const LOG_BYTES_PER_CALL = 400;
const ACCESS_LOG_BYTES = 300;

// --- A release (lib/release-machine.ts; docs/performance.md).
/** Compiling for one platform with Go's cache empty: age, 50 s for three. That larger programs take longer in proportion is
 * assumed, not measured. */
const BUILD_SECONDS_PER_PLATFORM = 17;
const MEASURED_BUILD_MB = 5;
/** Of each build: CodeBuild's own start is taken at one minute, the source build's work at another. */
const START_MINUTES = 1;
const SOURCE_MINUTES = 1;
/** States of a release that goes well, the two Maps among them, and three more tries of Pair, which waits for the recorder. */
export const STATES_PER_RELEASE = 12;
const PAIR_WAITS = 3;
/** An iteration's start and its task. */
const TRANSITIONS_PER_PATCH = 2;
/** Request, Plan, Describe, Publish, a notice of the end, and Pair with its waits: a second each at 0.5 GB. */
const SMALL_CALLS = 5 + 1 + PAIR_WAITS;
const SMALL_CALL_SECONDS = 1;
/** The recorder: 1,769 MB; it starts, then reads 50 MB of unpacked binary a second. */
const PROCESSOR_GB = 1769 / 1024;
const RECORD_SECONDS = 1;
const RECORD_MB_A_SECOND = 50;
/** Nanoseconds for each of (base + target) x log2(base) steps: the slowest from the version before in docs/patch-limits.md. */
const STEP = 9.8;
/** Downloading both, applying the patch, storing it. */
const PATCH_SECONDS = 2;
/** In the artifacts bucket beside each binary: its bill of materials. */
const SBOM_BYTES = 20 * KB;
/** In the sources bucket, for 90 days: the tree with its modules. Depends on the project; taken at this. */
const ARCHIVE_BYTES = 20 * MB;
const SOURCES_MONTHS = 3;
/** Archive, plan, report, provenance. */
const PUTS_PER_RELEASE = 4;
/** By the builds (scripts, archive, plan), Plan, Pair and Describe (report), and looks for what is there already. */
const GETS_PER_RELEASE = 10;
/** Source row, and `current` with its history entry: a transaction of 2 KB and 1 KB, which counts double. */
const WRITES_PER_RELEASE = 1 + 6;
/** Pair, Plan and the others read the newest versions' rows. */
const READS_PER_RELEASE = 200;
const ROW_BYTES = 500;
const BUILD_LOG_BYTES = 200 * KB;
/** CloudFront asks the bucket once for each of its regional caches. */
const REGIONAL_CACHES = 13;
/** Event, receive, delete. */
const QUEUE_REQUESTS_PER_ARTIFACT = 3;

// --- What goes on by itself.
/** A month's. A metric is paid for the hours in which it has data: the audit's each day, a release's patches once. */
const HOURS = 730;
/** Lambda asks a queue that feeds a function with five long polls of 20 s at most, while there is nothing:
 * https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html */
const POLLS = (5 * DAYS * 86_400) / 20;
/** The daily audit (1,769 MB): it starts, then asks S3 for 16 checksums at once, 30 ms each. */
const AUDIT_SECONDS = 2;
const AUDIT_SECONDS_PER_OBJECT = 0.03 / 16;
const LIST_PAGE = 1000;
/** Functions, machines and builds keep their logs for three months. */
const LOG_MONTHS = 3;
/** The code that was deployed, in the bucket of CDK's assets. */
const ASSET_BYTES = 50 * MB;

/** Whether there are patches between binaries of this size (docs/patch-limits.md). @param sizeMb millions of bytes */
export function hasPatches(sizeMb: number): boolean {
  return sizeMb * MB <= LARGEST_PAIR;
}

/** What a deployment of this shape uses in a month. Every number is a plain product, so that it can be checked by hand. */
export function usageOf(shape: Shape): Usage {
  const { users, platforms, sizeMb } = shape;
  const { bases, patchShare } = hasPatches(sizeMb) ? shape : { bases: 0, patchShare: 0 };
  const releases = shape.releasesPerMonth * shape.commands;
  const pairs = platforms * bases;
  const patchBytes = sizeMb * MB * PATCH_RATIO;
  const gzipBytes = sizeMb * MB * GZIP_RATIO;

  const checks = users * shape.checksPerDay * DAYS;
  const updates = users * shape.releasesPerMonth;
  const downloads = updates * (1 + (1 - patchShare)); // who gets no patch has asked for one

  const throughCdn = shape.domain * checks;

  const objects = platforms + pairs;
  const kept = releases * shape.monthsKept;
  const rows = kept * (objects + 2);
  const tableGb = (rows * ROW_BYTES) / GB;
  const checked = kept * objects;

  const patchMb = functionFor(Math.max(sizeMb * MB, LARGEST_BINARY_BYTES)).megabytes;
  const steps = 2 * sizeMb * MB * Math.log2(sizeMb * MB);
  const patchSeconds = PATCH_SECONDS + (steps * STEP) / 1e9;
  const recordSeconds = RECORD_SECONDS + sizeMb / RECORD_MB_A_SECOND;
  const auditSeconds = AUDIT_SECONDS + checked * AUDIT_SECONDS_PER_OBJECT;
  const buildMinutes = Math.ceil(
    START_MINUTES + (platforms * BUILD_SECONDS_PER_PLATFORM * Math.max(1, sizeMb / MEASURED_BUILD_MB)) / 60,
  );

  const calls = checks + releases * (SMALL_CALLS + platforms + pairs) + DAYS;
  const logBytes = calls * LOG_BYTES_PER_CALL + checks * ACCESS_LOG_BYTES + releases * BUILD_LOG_BYTES;
  const stored = kept * (platforms * (gzipBytes + SBOM_BYTES) + pairs * patchBytes);
  const sources = releases * Math.min(shape.monthsKept, SOURCES_MONTHS) * ARCHIVE_BYTES;

  return {
    cdnGigabytes:
      (updates * (patchShare * patchBytes + (1 - patchShare) * gzipBytes) + throughCdn * BYTES_PER_CHECK) /
      GB,
    cdnRequests: downloads + throughCdn,
    // What CloudFront keeps for a minute is left out: how many ask the same edge within it, nobody knows.
    apiRequests: checks,
    apiGigabytes: ((checks - throughCdn) * BYTES_PER_CHECK) / GB,
    lambdaRequests: calls,
    lambdaGigabyteSeconds:
      checks * CHECK_SECONDS * SMALL_FUNCTION_GB +
      releases * SMALL_CALLS * SMALL_CALL_SECONDS * SMALL_FUNCTION_GB +
      releases * platforms * recordSeconds * PROCESSOR_GB +
      (releases * pairs * patchSeconds * patchMb) / 1024 +
      DAYS * auditSeconds * PROCESSOR_GB,
    tableWrites: releases * (objects + WRITES_PER_RELEASE),
    tableReads:
      checks * READS_PER_CHECK +
      releases * (READS_PER_RELEASE + 4 * objects) +
      DAYS * Math.ceil((rows * ROW_BYTES) / 4096),
    tableGigabytes: tableGb,
    tableBackupGigabytes: tableGb,
    s3Gigabytes: (stored + sources + ASSET_BYTES) / GB,
    // Each step that may find its work done lists first: it is priced as a put.
    s3Puts: releases * (2 * platforms + 2 * pairs + PUTS_PER_RELEASE) + DAYS * Math.ceil(checked / LIST_PAGE),
    s3Gets:
      releases * (2 * platforms + 2 * pairs + GETS_PER_RELEASE) +
      Math.min(downloads, releases * objects * REGIONAL_CACHES) +
      DAYS * checked,
    transitions: releases * (STATES_PER_RELEASE + PAIR_WAITS + pairs * TRANSITIONS_PER_PATCH),
    buildMinutes: releases * (START_MINUTES + SOURCE_MINUTES + buildMinutes),
    alarmMetrics: FIXED.alarmMetrics,
    customMetrics: (DAYS + releases * FIXED.metricsOfRelease) / HOURS,
    dashboards: FIXED.dashboards,
    logGigabytes: logBytes / GB,
    keptLogGigabytes: (logBytes * LOG_MONTHS) / GB,
    queueRequests: FIXED.polledQueues * POLLS + releases * platforms * QUEUE_REQUESTS_PER_ARTIFACT,
  };
}
