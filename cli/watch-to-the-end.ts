import { StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { Deployment } from "./deployment/deployment.ts";
import { explain } from "./deployment/trouble.ts";
import { CliError, EXIT } from "./errors.ts";
import type { Facts } from "./execution/facts.ts";
import { follow } from "./execution/follow.ts";
import { newExecutionName } from "./execution/name.ts";
import { type Progress, progressOf } from "./execution/progress.ts";
import type { Answer, Context } from "./program.ts";
import { outcomeOf } from "./shapes.ts";
import { count } from "./view/format.ts";
import { renderEnd } from "./view/progress.ts";
import { screenFor } from "./view/screen.ts";

/**
 * Starts a machine and follows it to its end. Its name is ours, so a start that is tried again is one start.
 * @param detach look once
 */
export async function startAndWatch(
  context: Context,
  deployment: Deployment,
  stateMachineArn: string,
  input: { cmd: string },
  { detach = false } = {},
): Promise<Answer> {
  const start = new StartExecutionCommand({
    stateMachineArn,
    name: newExecutionName(input.cmd),
    input: JSON.stringify(input),
  });
  // Whoever presses Ctrl-C from here on has started something, and is told its name.
  const stopped = new AbortController();
  const unlisten = context.io.onInterrupt(() => stopped.abort());
  try {
    const { executionArn = "" } = await deployment.steps.send(start).catch((error: unknown) => {
      const { kind, message } = explain(error, deployment);
      if (kind !== "NotAllowed") throw error;
      const policy = stateMachineArn === deployment.releaseMachineArn ? "Release" : "Promote";
      const next = `ask for the policy ${policy}PolicyArn of the stack (docs/operators.md)`;
      throw new CliError("NotAllowed", message, { cause: error, next });
    });
    if (detach) stopped.abort();
    return await watchToTheEnd(context, deployment, executionArn, { stopped, detach });
  } finally {
    unlisten();
  }
}

/** Shows an execution until it ends or somebody has seen enough. */
export async function watch(context: Context, deployment: Deployment, arn: string): Promise<Answer> {
  const stopped = new AbortController();
  const unlisten = context.io.onInterrupt(() => stopped.abort());
  try {
    return await watchToTheEnd(context, deployment, arn, { stopped, detach: false });
  } finally {
    unlisten();
  }
}

async function watchToTheEnd(
  { io, json, paint, columns }: Context,
  deployment: Deployment,
  arn: string,
  { stopped, detach }: { stopped: AbortController; detach: boolean },
): Promise<Answer> {
  const screen = screenFor(io, json || detach);
  const show = (facts: Facts) => screen.show(facts);
  const facts = await follow(deployment, arn, show, stopped.signal).finally(() => screen.end());
  const progress = progressOf(facts, new Date());
  const outcome = outcomeOf(progress);
  if (progress.status === "running") {
    const resume = `next:  npx hkdist watch ${progress.name}${deployment.flags}`;
    const goesOn = `Stopped watching. The ${progress.machine === "release" ? "release" : "change"} goes on.`;
    return detach
      ? { json: outcome, lines: [`Started ${progress.name}.`, resume], exit: EXIT.done }
      : { json: outcome, lines: ["", goesOn, resume], exit: EXIT.interrupted };
  }
  return {
    json: outcome,
    lines: ["", ...renderEnd(progress, columns, paint), ...verdict(progress, deployment)],
    exit: progress.status === "succeeded" ? EXIT.done : EXIT.failed,
  };
}

/** The last lines: what is so now, and what to type next. */
function verdict(progress: Progress, { flags, directoryUrl }: Deployment): string[] {
  const { machine, cmd, version, status, published, platforms } = progress;
  const it = `${cmd} ${version}`;
  if (status === "stopped")
    return [`It was stopped. What it stored stays; started again, it goes on from there.`];
  if (status !== "succeeded") return [`next:  ${nextAfterFailure(progress, flags)}`];
  if (machine === "promote") return [`Done.`, `next:  npx hkdist status ${cmd}${flags}`];
  switch (published) {
    case "changed":
      return [`${it} is current on ${count(platforms.length, "platform")}:`, `${directoryUrl}${cmd}`];
    case "already":
      return [`${it} is current, as it was before.`];
    default:
      return [`${it} is recorded, and not current.`, `next:  npx hkdist promote ${it}${flags}`];
  }
}

/** By the error's name; the sentences of the errors themselves say more. */
function nextAfterFailure({ machine, cmd, version, error }: Progress, flags: string): string {
  const it = [cmd ?? "<cmd>", version].filter(Boolean).join(" ");
  switch (error?.name) {
    case "BuildFailedError":
      return `mend it, tag a new version and push the tag; then: npx hkdist release ${cmd}${flags}`;
    case "PublishRefusedError":
      return `npx hkdist promote ${it} --force${flags}, if clients are meant to get it all the same`;
    case "YankedVersionError":
      return `npx hkdist yank ${it} --undo${flags}, or tag a new version`;
    case "ConcurrentPublishError":
      return `npx hkdist status ${cmd}${flags}`;
    default:
      return machine === "release"
        ? `npx hkdist release ${cmd ?? "<cmd>"}${flags}, when that is mended: what is done is found done`
        : `npx hkdist status ${cmd ?? ""}${flags}`;
  }
}
