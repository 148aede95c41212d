import type { Deployment } from "./deployment/deployment.ts";
import { EXIT } from "./errors.ts";
import { follow } from "./execution/follow.ts";
import { type Progress, progressOf } from "./execution/progress.ts";
import type { Answer, Context } from "./program.ts";
import { outcomeOf } from "./shapes.ts";
import { count } from "./view/format.ts";
import { renderEnd } from "./view/progress.ts";
import { screenFor } from "./view/screen.ts";

/** Shows an execution until it ends or somebody has seen enough, and says how it ended. @param detach look once */
export async function watchToTheEnd(
  { io, json, paint, columns }: Context,
  deployment: Deployment,
  arn: string,
  { detach = false } = {},
): Promise<Answer> {
  const { flags } = deployment;
  const name = arn.split(":").at(-1);
  const resume = `npx hkdist watch ${name}${flags}`;
  const stopped = new AbortController();
  const unlisten = io.onInterrupt(() => stopped.abort());
  const screen = screenFor(io, json || detach);
  if (detach) stopped.abort();
  let facts: Awaited<ReturnType<typeof follow>>;
  try {
    facts = await follow(deployment, arn, (one) => screen.show(one), stopped.signal);
  } finally {
    screen.end();
    unlisten();
  }
  const progress = progressOf(facts, new Date());
  const outcome = outcomeOf(progress);
  if (progress.status === "running") {
    const what = progress.machine === "release" ? "The release" : "The change";
    const lines = detach
      ? [`Started ${name}.`, `next:  ${resume}`]
      : ["", `Stopped watching. ${what} goes on.`, `next:  ${resume}`];
    return { json: outcome, lines, exit: detach ? EXIT.done : EXIT.interrupted };
  }
  const end = [...renderEnd(progress, columns, paint), ...verdict(progress, deployment)];
  return {
    json: outcome,
    lines: ["", ...end],
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
      return [`${it} is current on ${count(platforms.length, "platform")}: ${directoryUrl}${cmd}`];
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
