import { z } from "zod";
import { InvalidReleaseRequestError } from "../shared/errors.ts";
import type { ReleasableCommands, ReleaseRequest } from "../shared/payloads.ts";
import { versionOfTag } from "../shared/version.ts";

const TAG_RULE =
  "must be v and a date that exists, such as v20260131, then .1, .2 and so on for more on that day";

/**
 * Checks an execution's input against the configured commands.
 * @throws InvalidReleaseRequestError that lists every field that is wrong and what is allowed there.
 */
export function checkRequest(input: unknown, commands: ReleasableCommands): Omit<ReleaseRequest, "recorded"> {
  const shape = z.strictObject({
    cmd: z.enum(Object.keys(commands)),
    tag: z
      .string(TAG_RULE)
      .refine((tag) => versionOfTag(tag) !== undefined, TAG_RULE)
      .optional(),
    platforms: z
      .array(z.string("must be a platform such as linux-amd64"), 'must be a list such as ["linux-amd64"]')
      .min(1, "must name at least one platform; leave it out for all of them")
      .refine((list) => new Set(list).size === list.length, "must name each platform once")
      .optional(),
    publish: z.boolean("must be true or false").optional(),
  });
  const parsed = shape.safeParse(input, { error: (issue) => explain(issue, commands) });
  const problems = parsed.success ? [] : parsed.error.issues.map(describe);
  const command = parsed.success ? commands[parsed.data.cmd] : undefined;
  if (parsed.success && command) {
    const unknown = (parsed.data.platforms ?? []).filter((platform) => !command.platforms.includes(platform));
    if (unknown.length === 0) {
      const { cmd, tag = "", platforms = command.platforms, publish = true } = parsed.data;
      return { ...command, cmd, tag, version: versionOfTag(tag) ?? "", platforms, publish };
    }
    problems.push(
      `platforms: ${list(unknown)} not configured; the platforms of ${parsed.data.cmd} are ${list(command.platforms)}`,
    );
  }
  const example = JSON.stringify({ cmd: Object.keys(commands)[0] });
  throw new InvalidReleaseRequestError(`${problems.join("; ")}. The shortest right input is ${example}.`);
}

function explain(issue: z.core.$ZodRawIssue, commands: ReleasableCommands): string | undefined {
  if (issue.code === "unrecognized_keys") {
    return `unknown field ${list(issue.keys)}; the fields are "cmd", "tag", "platforms" and "publish"`;
  }
  if (issue.path?.[0] === "cmd") {
    const given = issue.input === undefined ? "missing" : `${JSON.stringify(issue.input)} is not configured`;
    return `${given}; the commands are ${list(Object.keys(commands))}`;
  }
  return issue.path?.length ? undefined : "the input must be a JSON object";
}

function describe({ path, message }: z.core.$ZodIssue): string {
  const where = path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : (index ? "." : "") + String(part),
  );
  return path.length > 0 ? `${where.join("")}: ${message}` : message;
}

function list(values: readonly string[]): string {
  return values.map((value) => JSON.stringify(value)).join(", ");
}
