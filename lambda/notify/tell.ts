import type { Execution } from "./execution.ts";

/** What people get to read. SNS takes subjects of at most 100 characters of printable ASCII. */
export interface Message {
  subject: string;
  text: string;
}

const LONGEST_SUBJECT = 100;
/** Characters of a cause: a compiler may have said much. SNS takes 256 KB. */
const LONGEST_CAUSE = 20_000;

/** Says what became of an execution, and where to look. @param link to the execution's page */
export function tell(execution: Execution, link: string): Message {
  const { status } = execution;
  const told = status === "SUCCEEDED" ? tellSuccess(execution) : tellFailure(execution);
  return {
    subject: told.subject.replaceAll(/[^ -~]/g, "?").slice(0, LONGEST_SUBJECT),
    text: `${told.text}\n\n${link}\n`,
  };
}

function tellFailure({ machine, status, asked, error, cause }: Execution): Message {
  const what = `${machine === "release" ? "The release" : "The promotion"} of ${nameOf(asked)}`;
  // Where a deployment publishes before the patches are made, it may be current all the same.
  const look = `\`npx hkdist status${asked.cmd === undefined ? "" : ` ${asked.cmd}`}\` tells what is current.`;
  if (status === "ABORTED") {
    const text = `${what} was stopped. What it did stays; starting it again goes on from there. ${look}`;
    return { subject: `${what} was stopped`, text };
  }
  if (status === "TIMED_OUT") {
    const text = `${what} did not come to its end in time. Starting it again goes on where it ended. ${look}`;
    return { subject: `${what} timed out`, text };
  }
  const words = (cause ?? "No cause was given: see the execution's history.").slice(0, LONGEST_CAUSE);
  return {
    subject: `${what} failed: ${error ?? "no name given"}`,
    text: `${what} failed. ${look}\n\n${error ?? "Error"}: ${words}\n\ndocs/${machine === "release" ? "releasing" : "rolling-back"}.md has a table of all errors.`,
  };
}

function tellSuccess({ machine, asked, output }: Execution): Message {
  const name = nameOf({ ...asked, ...output });
  if (machine === "release") {
    const { artifacts = [], patches = [], published } = output;
    const made = patches.filter(({ outcome }) => outcome === "made" || outcome === "present");
    const failed = patches.filter(({ outcome }) => outcome === "failed");
    const subject = published === false ? `${name} is built, and not current` : `${name} is released`;
    const lines = [
      `${subject}.`,
      "",
      `Platforms: ${artifacts.map(({ platform }) => platform).join(", ")}`,
      `Patches: ${made.length}${failed.length > 0 ? `, and ${failed.length} failed: those clients download more` : ""}`,
      ...failed.map(({ platform, from, reason }) => `  ${platform} from ${from}: ${reason}`),
    ];
    return { subject, text: lines.join("\n") };
  }
  const done = { promote: "is current", yank: "is withdrawn", restore: "is no longer withdrawn" };
  const subject = `${name} ${done[output.action ?? "promote"]}`;
  return { subject, text: `${subject}.` };
}

function nameOf({ cmd, version }: { cmd?: string | undefined; version?: string | undefined }): string {
  return [cmd ?? "an unknown command", version].filter(Boolean).join(" ");
}
