import type { Context } from "aws-lambda";
import { AWAITED_ERRORS } from "./error-names.ts";
import { about, log, type Subject } from "./log.ts";
import { isCommand } from "./names.ts";
import type { BasesEvent, PublishEvent } from "./payloads.ts";
import { isVersion } from "./version.ts";

/**
 * Makes a handler of a machine's step: its log lines name command, version, platform and execution, and the last one says how
 * it ended and how long it took. What it throws is thrown on: the machine decides.
 * @param name the folder under lambda/
 */
export function step<Event, Result>(
  name: string,
  subjectOf: (event: Event) => Subject,
  run: (event: Event, context: Context) => Promise<Result>,
): (event: Event, context: Context) => Promise<Result> {
  return (event, context) =>
    about(subjectOf(event), async () => {
      const started = Date.now();
      const ended = (fields: Record<string, unknown>) => ({
        step: name,
        ...fields,
        milliseconds: Date.now() - started,
      });
      try {
        const result = await run(event, context);
        log("done", ended({}));
        return result;
      } catch (thrown) {
        // The addon rejects with plain words.
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        if (AWAITED_ERRORS.includes(error.name)) log("not yet", ended({ error: String(error) }));
        else log("failed", ended({ error: String(error), stack: error.stack }));
        throw error;
      }
    });
}

/** What a step of a release is about, once its version is known. */
export function subjectOfRelease(event: Pick<PublishEvent, "request" | "plan" | "execution">): Subject {
  return { cmd: event.request.cmd, version: event.plan.version, execution: event.execution.name };
}

/** What a step of a promotion is about. */
export function subjectOfPromotion({ promoted: { cmd, version }, execution }: BasesEvent): Subject {
  return { cmd, version, execution: execution.name };
}

/** What a machine was asked for, as far as its unchecked input tells in the form of names. */
export function askedFor(input: unknown): Subject {
  const { cmd, version, tag } = (input ?? {}) as Record<string, unknown>;
  const asked = String(version ?? tag).replace(/^v/, "");
  return {
    ...(typeof cmd === "string" && isCommand(cmd) && { cmd }),
    ...(isVersion(asked) && { version: asked }),
  };
}
