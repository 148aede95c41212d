import { z } from "zod";
import { InvalidReleaseRequestError } from "../shared/errors.ts";
import { describeIssue, list } from "../shared/input-problems.ts";
import { MOST_BASES, MOST_PAIRS } from "../shared/limits.ts";
import type { ReleasableCommand, ReleasableCommands, ReleaseRequest } from "../shared/payloads.ts";
import { isVersion, versionOfTag } from "../shared/version.ts";

const TAG_RULE =
  "must be v and a date that exists, such as v20260131, then .1, .2 and so on for more on that day";
const VERSION_RULE = "must be a version such as 20260131 or 20260131.2";

/**
 * Checks an execution's input against the configured commands.
 * @throws InvalidReleaseRequestError that lists every field that is wrong and what is allowed there.
 */
export function checkRequest(input: unknown, commands: ReleasableCommands): Omit<ReleaseRequest, "recorded"> {
  const parsed = shapeOf(commands).safeParse(input, { error: (issue) => explain(issue, commands) });
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue);
  const { cmd: name, platforms: given } = (parsed.data ?? input ?? {}) as {
    cmd?: unknown;
    platforms?: unknown;
  };
  const command = typeof name === "string" && Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command !== undefined) problems.push(...unknownPlatforms(command, given));
  if (command !== undefined && parsed.success) {
    const pairs = (parsed.data.platforms ?? command.platforms).length * (parsed.data.bases?.length ?? 0);
    if (pairs > MOST_PAIRS) {
      problems.push(
        `bases: times platforms are ${pairs} patches, at most ${MOST_PAIRS} in one execution; start several`,
      );
    }
  }
  if (!parsed.success || command === undefined || problems.length > 0) {
    const example = JSON.stringify({ cmd: Object.keys(commands)[0] });
    throw new InvalidReleaseRequestError(`${problems.join("; ")}.`, {
      byHand: `The shortest right input is ${example}.`,
    });
  }
  const {
    cmd,
    tag = "",
    platforms = command.platforms,
    bases = [],
    publish = bases.length === 0,
  } = parsed.data;
  return { ...command, cmd, tag, version: versionOfTag(tag) ?? "", platforms, publish, bases };
}

function shapeOf(commands: ReleasableCommands) {
  const once = (list: readonly string[]) => new Set(list).size === list.length;
  return z
    .strictObject({
      cmd: z.enum(Object.keys(commands)),
      tag: z
        .string(TAG_RULE)
        .refine((tag) => versionOfTag(tag) !== undefined, TAG_RULE)
        .optional(),
      platforms: z
        .array(z.string("must be a platform such as linux-amd64"), 'must be a list such as ["linux-amd64"]')
        .min(1, "must name at least one platform; leave it out for all of them")
        .refine(once, "must name each platform once")
        .optional(),
      publish: z.boolean("must be true or false").optional(),
      bases: z
        .array(z.string(VERSION_RULE).refine(isVersion, VERSION_RULE), 'must be a list such as ["20260131"]')
        .min(1, "must name at least one base version; leave it out for the newest ones")
        .max(MOST_BASES, `must name at most ${MOST_BASES} base versions; start several executions`)
        .refine(once, "must name each base version once")
        .optional(),
    })
    .superRefine(({ tag, publish, bases }, context) => {
      const wrong = (path: string, message: string) =>
        context.addIssue({ code: "custom", path: [path], message });
      if (bases === undefined) return;
      if (tag === undefined) wrong("bases", "only together with a recorded tag, which the patches lead to");
      else if (bases.includes(tag.slice(1))) wrong("bases", "must be other versions than the tag's");
      if (publish) wrong("publish", "must not be true together with bases, which only makes patches");
    });
}

/**
 * Checks what only the table can tell of a request with base versions.
 * @param recorded whether the tag's version is recorded on all of the request's platforms
 * @param unknownBases those that are recorded on none of them
 * @throws InvalidReleaseRequestError
 */
export function checkBases(
  request: Omit<ReleaseRequest, "recorded">,
  recorded: boolean,
  unknownBases: readonly string[],
): void {
  if (request.bases.length === 0) return;
  if (!recorded) {
    throw new InvalidReleaseRequestError(
      `bases: only for a version that is recorded on all of its platforms, and ${request.tag} is not: release it first`,
    );
  }
  if (unknownBases.length > 0) {
    throw new InvalidReleaseRequestError(
      `bases: ${list(unknownBases)} not recorded for ${request.cmd} on any of ${list(request.platforms)}`,
    );
  }
}

function unknownPlatforms(command: ReleasableCommand, given: unknown): string[] {
  const names: unknown[] = Array.isArray(given) ? given : [];
  const unknown = names.filter((name) => typeof name === "string" && !command.platforms.includes(name));
  if (unknown.length === 0) return [];
  return [
    `platforms: ${list(unknown as string[])} not configured; the command's platforms are ${list(command.platforms)}`,
  ];
}

function explain(issue: z.core.$ZodRawIssue, commands: ReleasableCommands): string | undefined {
  if (issue.code === "unrecognized_keys") {
    return `unknown field ${list(issue.keys)}; the fields are "cmd", "tag", "platforms", "publish" and "bases"`;
  }
  if (issue.path?.[0] === "cmd") {
    const given = issue.input === undefined ? "missing" : `${list([issue.input])} is not configured`;
    return `${given}; the commands are ${list(Object.keys(commands))}`;
  }
  return issue.path?.length ? undefined : "the input must be a JSON object";
}
