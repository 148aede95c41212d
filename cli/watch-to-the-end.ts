import { ExecutionAlreadyExists, StartExecutionCommand } from "@aws-sdk/client-sfn";
import type { Deployment } from "./deployment/deployment.ts";
import { explain } from "./deployment/trouble.ts";
import { CliError, EXIT } from "./errors.ts";
import { type Facts, unseen } from "./execution/facts.ts";
import { follow } from "./execution/follow.ts";
import { newExecutionName } from "./execution/name.ts";
import { progressOf } from "./execution/progress.ts";
import type { Answer, Context } from "./program.ts";
import { outcomeOf } from "./shapes.ts";
import { verdict } from "./verdict.ts";
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
  const name = newExecutionName(input.cmd);
  const start = new StartExecutionCommand({ stateMachineArn, name, input: JSON.stringify(input) });
  // Whoever presses Ctrl-C from here on has started something, and is told its name.
  const stopped = new AbortController();
  const unlisten = context.io.onInterrupt(() => stopped.abort());
  try {
    await deployment.steps.send(start).catch((error: unknown) => {
      // Nobody else has that name: it was a first try whose answer was lost.
      if (error instanceof ExecutionAlreadyExists) return;
      const { kind, message } = explain(error, deployment);
      if (kind !== "NotAllowed") throw error;
      const policy = stateMachineArn === deployment.releaseMachineArn ? "Release" : "Promote";
      const next = `ask for the stack's ${policy}PolicyArn (docs/operators.md)`;
      throw new CliError("NotAllowed", `Nothing was started. ${message}`, { cause: error, next });
    });
    if (detach) stopped.abort();
    const arn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${name}`;
    return await watchToTheEnd(context, deployment, arn, { stopped, detach });
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
  const seen = await follow(deployment, arn, show, stopped.signal)
    .finally(() => screen.end())
    .catch((error: unknown) => {
      throw lost(error, deployment, arn);
    });
  const progress = progressOf(seen ?? unseen(deployment, arn), new Date());
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

/** Not to see any more what goes on is not its end. */
function lost(error: unknown, deployment: Deployment, arn: string): CliError {
  const { kind, message } = explain(error, deployment);
  const name = arn.split(":").at(-1);
  return new CliError(kind, `${message}\n${name} goes on without being watched.`, {
    cause: error,
    next: `npx hkdist watch ${name}${deployment.flags}`,
  });
}
