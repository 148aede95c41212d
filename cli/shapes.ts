import { z } from "zod";
import type { Yank } from "../lambda/shared/current.ts";
import { KINDS } from "./errors.ts";
import type { Progress } from "./execution/progress.ts";

/** What `--json` prints. Keys are always there; what is not known is null. Fields are added, never changed or taken away. */

const bytes = z.int().min(0).nullable();
const seconds = z.number().nullable();
const status = z.enum(["running", "succeeded", "failed", "timed out", "stopped"]);
const time = z.iso.datetime().nullable();

/** A null `to`: its clients are told none any more. */
const Move = z.strictObject({
  platform: z.string(),
  from: z.string().nullable(),
  to: z.string().nullable(),
});

/** `release`, `watch`, `promote`, `rollback`, `yank`: an execution, as far as it is. */
export const Outcome = z.strictObject({
  execution: z.strictObject({ name: z.string(), arn: z.string(), machine: z.enum(["release", "promote"]) }),
  status,
  cmd: z.string().nullable(),
  version: z.string().nullable(),
  startedAt: time,
  endedAt: time,
  steps: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(["waiting", "running", "done", "failed", "skipped"]),
      seconds,
    }),
  ),
  platforms: z.array(
    z.strictObject({
      platform: z.string(),
      state: z.enum(["waiting", "building", "built", "recorded", "failed"]),
      compileSeconds: seconds,
      size: bytes,
      gzSize: bytes,
    }),
  ),
  patches: z.array(
    z.strictObject({
      platform: z.string(),
      from: z.string(),
      to: z.string(),
      state: z.enum(["waiting", "made", "present", "none", "failed"]),
      size: bytes,
      seconds,
      reason: z.string().nullable(),
    }),
  ),
  /** What became of `current`: null as long as that is open. */
  current: z.enum(["changed", "already", "unasked"]).nullable(),
  moves: z.array(Move),
  /** Why builds failed, in their own words. */
  log: z.array(z.strictObject({ title: z.string(), lines: z.array(z.string()) })),
  error: z.strictObject({ name: z.string(), cause: z.string() }).nullable(),
});

const withdrawn = z.strictObject({ reason: z.string(), at: z.string(), by: z.string() }).nullable();
const Release = z.strictObject({
  cmd: z.string(),
  version: z.string(),
  recordedAt: z.string(),
  platforms: z.array(z.string()),
  currentOn: z.array(z.string()),
  commit: z.string().nullable(),
  tag: z.string().nullable(),
  withdrawn,
});

/** `releases`: newest first. */
export const Releases = z.strictObject({ releases: z.array(Release) });

/** `status`. */
export const Status = z.strictObject({
  stack: z.string(),
  region: z.string(),
  commands: z.array(
    z.strictObject({
      cmd: z.string(),
      configured: z.boolean(),
      /** Counts the changes of what is current; 0 when nothing ever was. */
      revision: z.int(),
      changedAt: z.string().nullable(),
      changedBy: z.string().nullable(),
      current: z.array(z.strictObject({ platform: z.string(), version: z.string() })),
      releases: z.array(Release),
    }),
  ),
  /** Those that are running, and the newest that have ended. */
  executions: z.array(
    z.strictObject({
      name: z.string(),
      arn: z.string(),
      machine: z.enum(["release", "promote"]),
      action: z.enum(["release", "promote", "yank", "restore"]),
      status,
      cmd: z.string().nullable(),
      /** Null as long as a release of the newest tag has not said it. */
      version: z.string().nullable(),
      error: z.string().nullable(),
      startedAt: time,
      endedAt: time,
    }),
  ),
});

/** `show`. */
export const Show = z.strictObject({
  cmd: z.string(),
  version: z.string(),
  /** Null of a version that no release built. */
  tag: z.string().nullable(),
  commit: z.string().nullable(),
  tagDate: z.string().nullable(),
  /** Null when tags are not verified. */
  signer: z.string().nullable(),
  goVersion: z.string().nullable(),
  withdrawn,
  artifacts: z.array(
    z.strictObject({
      platform: z.string(),
      size: bytes,
      gzSize: bytes,
      sha256: z.string(),
      recordedAt: z.string(),
      url: z.string(),
      current: z.boolean(),
      /** Whether it has its bill of materials and statement. */
      described: z.boolean(),
    }),
  ),
  patches: z.array(
    z.strictObject({
      platform: z.string(),
      from: z.string(),
      size: bytes,
      seconds,
      url: z.string().nullable(),
      /** Why there is none. */
      none: z.string().nullable(),
    }),
  ),
  provenance: z.string().nullable(),
});

/** `history`: newest first. */
export const History = z.strictObject({
  cmd: z.string(),
  changes: z.array(
    z.strictObject({
      revision: z.int(),
      at: z.string(),
      /** The execution's ARN or the principal. */
      by: z.string(),
      moves: z.array(Move),
      withdrew: z.strictObject({ version: z.string(), reason: z.string() }).nullable(),
      restored: z.string().nullable(),
    }),
  ),
});

/** `audit`. */
export const Audited = z.strictObject({
  breaches: z.array(z.strictObject({ kind: z.string(), item: z.string(), problem: z.string() })),
  counts: z.record(z.string(), z.int()),
});

/** `doctor`. */
export const Doctor = z.strictObject({
  checks: z.array(
    z.strictObject({
      name: z.string(),
      state: z.enum(["ok", "warning", "failed", "skipped"]),
      found: z.string(),
      /** How to mend it. */
      next: z.string().nullable(),
    }),
  ),
});

/** Any command that did not get to its answer. */
export const Failure = z.strictObject({
  error: z.strictObject({
    kind: z.enum(Object.keys(KINDS)),
    message: z.string(),
    next: z.string().nullable(),
  }),
});

/** A withdrawal without what the table may get besides. */
export function withdrawnJson(yank: Yank | undefined): z.infer<typeof withdrawn> {
  return yank === undefined ? null : { reason: yank.reason, at: yank.at, by: yank.by };
}

export function outcomeOf(progress: Progress): z.infer<typeof Outcome> {
  const { name, arn, machine, status, cmd, version, startedAt, endedAt, log, error } = progress;
  const inSeconds = (milliseconds: number | undefined) =>
    milliseconds === undefined ? null : Math.round(milliseconds) / 1000;
  return {
    execution: { name, arn, machine },
    status,
    cmd: cmd ?? null,
    version: version ?? null,
    startedAt: startedAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
    steps: progress.steps.map(({ name, state, milliseconds }) => ({
      name: name.toLowerCase(),
      state,
      seconds: inSeconds(milliseconds),
    })),
    platforms: progress.platforms.map(({ platform, state, milliseconds, size, gzSize }) => ({
      ...{ platform, state, compileSeconds: inSeconds(milliseconds) },
      ...{ size: size ?? null, gzSize: gzSize ?? null },
    })),
    patches: progress.patches.map(({ platform, from, to, state, size, milliseconds, reason }) => ({
      ...{ platform, from, to, state, size: size ?? null },
      ...{ seconds: inSeconds(milliseconds), reason: reason ?? null },
    })),
    current: progress.published ?? null,
    moves: progress.moves.map(({ platform, from, to }) => ({ platform, from: from ?? null, to: to ?? null })),
    log,
    error: error ?? null,
  };
}
