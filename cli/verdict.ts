import type { Deployment } from "./deployment/deployment.ts";
import type { Progress, Step } from "./execution/progress.ts";
import { count } from "./view/format.ts";
import { tellMoves } from "./view/moves.ts";

/** The last lines about an execution that has ended: what is so now, and what to type next. */
export function verdict(progress: Progress, deployment: Deployment): string[] {
  const { said, next } = judge(progress, deployment);
  return [...said, ...(next === undefined ? [] : [`next:  ${next}${deployment.flags}`])];
}

interface Verdict {
  said: string[];
  /** A command without the deployment's flags. */
  next?: string;
}

function judge(progress: Progress, { directoryUrl }: Deployment): Verdict {
  const { machine, cmd, version, status, published, platforms, asked } = progress;
  if (status !== "succeeded" && progress.steps.some(isPublished)) {
    const how = status === "stopped" ? "was stopped" : "did not come to its end";
    const said = [`It ${how}, but ${cmd} ${version} was published. Patches that are missing are made by:`];
    return { said, next: `npx hkdist release ${cmd} --tag v${version}${asked.options.others}` };
  }
  if (status === "stopped") {
    const said = ["It was stopped. What it stored stays; started again, it goes on from there."];
    return { said, next: machine === "release" ? releaseAgain(progress) : `npx hkdist status ${cmd}` };
  }
  if (status !== "succeeded") return afterFailure(progress);
  if (machine === "promote") return afterChange(progress);
  const it = `${cmd} ${version}`;
  const failed = progress.patches.filter(({ state }) => state === "failed");
  if (failed.length > 0) {
    const bases = [...new Set(failed.map(({ from }) => from))].join(",");
    const missing = `${count(failed.length, "patch", "patches")} failed: those clients download in full.`;
    return {
      said: [...currency(progress, directoryUrl), missing],
      next: `npx hkdist release ${cmd} --tag v${version} --bases ${bases}`,
    };
  }
  const isCandidate = published === "unasked" && !asked.options.others.includes("--bases");
  const said = currency(progress, directoryUrl);
  return isCandidate && platforms.length > 0 ? { said, next: `npx hkdist promote ${it}` } : { said };
}

/** Of a deployment that publishes before the patches are made (`publishWhen`). */
function isPublished({ name, state }: Step): boolean {
  return name === "Publish" && state === "done";
}

function currency({ cmd, version, published, platforms, asked }: Progress, directoryUrl: string): string[] {
  const it = `${cmd} ${version}`;
  switch (published) {
    case "changed":
      return [`${it} was made current on ${count(platforms.length, "platform")}:`, `${directoryUrl}${cmd}`];
    case "already":
      return [`${it} was current already.`];
    default:
      return asked.options.others.includes("--bases")
        ? [`The patches to ${it} are made; what is current stays as it is.`]
        : [`${it} is recorded, and not current.`];
  }
}

function afterChange({ action, cmd, version, moves }: Progress): Verdict {
  const it = `${cmd} ${version}`;
  const gone = moves.filter(({ to }) => to === undefined).map(({ platform }) => platform);
  if (gone.length > 0) {
    const said = [
      `${it} is withdrawn. Nothing is current on ${gone.join(", ")} now: nobody can install it there.`,
    ];
    return { said, next: `npx hkdist releases ${cmd}` };
  }
  const done = {
    promote: "is current",
    rollback: "is current",
    yank: "is withdrawn",
    restore: "is no longer withdrawn, and not current by that",
    release: "is released",
  };
  const moved = tellMoves(moves).join("; ");
  return { said: [`${it} ${done[action]}${moved ? `: ${moved}` : ""}.`] };
}

/** The same release, as it was asked for. */
function releaseAgain({ cmd, asked }: Progress): string {
  return `npx hkdist release ${cmd ?? "<cmd>"}${asked.options.tag}${asked.options.others}`;
}

/** By the error's name; the sentences of the errors themselves say more. */
function afterFailure(progress: Progress): Verdict {
  const { machine, cmd, version, error, asked } = progress;
  const it = [cmd ?? "<cmd>", version].filter(Boolean).join(" ");
  switch (error?.name) {
    case "BuildFailedError":
      return {
        said: ["Mend it, tag a new version, push the tag."],
        next: `npx hkdist release ${cmd}${asked.options.others}`,
      };
    case "HeadNotTaggedError":
    case "TagNotFoundError":
    case "MalformedTagError":
    case "MovedTagError": {
      const today = new Date().toISOString().slice(0, 10).replaceAll("-", "");
      return {
        said: [`In the repository: git tag -a v${today} -m "..." && git push origin v${today}`],
        next: `npx hkdist release ${cmd}${asked.options.others}`,
      };
    }
    case "PublishRefusedError":
      return {
        said: ["If clients are meant to get it all the same:"],
        next: `npx hkdist promote ${it} --force`,
      };
    case "YankedVersionError":
      return {
        said: ["Tag a new version, or take the withdrawal back:"],
        next: `npx hkdist yank ${it} --undo`,
      };
    default:
      return machine === "release" && error?.name !== "ConcurrentPublishError"
        ? {
            said: ["When that is mended, the same again: what is done is found done."],
            next: releaseAgain(progress),
          }
        : { said: [], next: `npx hkdist status ${cmd ?? ""}`.trimEnd() };
  }
}
