import { z } from "zod";
import { InvalidPromoteRequestError } from "../shared/errors.ts";
import { describeIssue, list } from "../shared/input-problems.ts";
import { LONGEST_YANK_REASON } from "../shared/limits.ts";
import { isCommand } from "../shared/names.ts";
import type { PromoteRequest } from "../shared/payloads.ts";
import { isVersion } from "../shared/version.ts";

const VERSION_RULE = "must be a version such as 20260131 or 20260131.2, without v";
const REVISION_RULE = "must be the number of the revision of current that the promotion is meant to change";
const REASON_RULE = `must be one line of 1 to ${LONGEST_YANK_REASON} bytes in UTF-8`;
/** No control characters, halves of characters or the like, and none that ends a line or paragraph. */
const ONE_LINE = /^[^\p{C}\p{Zl}\p{Zp}]*$/u;

/**
 * Checks an execution's input.
 * @throws InvalidPromoteRequestError that lists every field that is wrong and shows the shortest right input
 */
export function checkRequest(input: unknown, commands: readonly string[]): PromoteRequest {
  const parsed = shapeOf(commands, input).safeParse(input, { error: (issue) => explain(issue, commands) });
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue);
  problems.push(...wrongTogether(input));
  if (!parsed.success || problems.length > 0) {
    throw new InvalidPromoteRequestError(`${problems.join("; ")}.`, {
      byHand: `The shortest right input is ${example(input, commands)}.`,
    });
  }
  const { cmd, version, yank, force = false, reason = "", revision } = parsed.data;
  const action = yank === undefined ? "promote" : yank ? "yank" : "restore";
  return { cmd, version, action, force, reason, ...(revision !== undefined && { revision }) };
}

function shapeOf(commands: readonly string[], input: unknown) {
  const { yank } = (input ?? {}) as { yank?: unknown };
  return z.strictObject({
    // What was released stays to be had when its command has left the configuration: it can be withdrawn, too.
    cmd: yank === undefined ? z.enum(commands) : z.string().refine(isCommand),
    version: z.string(VERSION_RULE).refine(isVersion, VERSION_RULE),
    force: z.boolean("must be true or false").optional(),
    yank: z.boolean("must be true (withdraw the version) or false (undo that)").optional(),
    revision: z.int(REVISION_RULE).min(0, REVISION_RULE).optional(),
    reason: z
      .string(REASON_RULE)
      .refine(
        (text) => ONE_LINE.test(text) && text.trim() !== "" && Buffer.byteLength(text) <= LONGEST_YANK_REASON,
        REASON_RULE,
      )
      .optional(),
  });
}

/** What the fields ask of each other, whatever else is wrong. */
function wrongTogether(input: unknown): string[] {
  const { force, yank, reason, revision } = (input ?? {}) as Record<string, unknown>;
  const problems: string[] = [];
  if (yank === true && reason === undefined) {
    problems.push("reason: missing; say why the version is withdrawn, for those who meet it later");
  }
  if (yank !== true && reason !== undefined) problems.push('reason: only together with "yank": true');
  if (yank !== undefined && force !== undefined) {
    problems.push("force: only for a promotion; a yank finds the newest good version by itself");
  }
  if (yank !== undefined && revision !== undefined) {
    problems.push("revision: only for a promotion; a yank is right whatever else has changed");
  }
  return problems;
}

function example(input: unknown, commands: readonly string[]): string {
  const asked = (input ?? {}) as { yank?: unknown };
  const right = { cmd: commands[0], version: "20260131" };
  return JSON.stringify(asked.yank === true ? { ...right, yank: true, reason: "does not start" } : right);
}

function explain(issue: z.core.$ZodRawIssue, commands: readonly string[]): string | undefined {
  if (issue.code === "unrecognized_keys") {
    return `unknown field ${list(issue.keys)}; the fields are "cmd", "version", "force", "revision", "yank" and "reason"`;
  }
  const [field] = issue.path ?? [];
  if (field === "cmd") {
    const given = issue.input === undefined ? "missing" : `${list([issue.input])} is not configured`;
    return `${given}; the commands are ${list(commands)}`;
  }
  return issue.path?.length ? undefined : "the input must be a JSON object";
}
