import type { Deployment } from "./deployment.ts";
import type { OwnCommand } from "./own-command.ts";
import type { Sample } from "./samples.ts";

/** What a check works with. */
export interface World {
  deployment: Deployment;
  cmd: OwnCommand;
  /** Two versions of the command's binary, the older first. */
  samples: [Sample, Sample];
  /** What must be stopped should the checks be interrupted. */
  stops: (() => Promise<unknown>)[];
}

/** One thing that must hold on a live deployment. */
export interface Check {
  name: string;
  /** Why the local AWS cannot show it: skipped there. */
  notLocal?: string;
  /** Starts a build, which costs a minute or two. */
  builds?: true;
  /**
   * @returns what is worth telling, if anything
   * @throws Error whose message says what was found instead
   */
  look: (world: World) => Promise<string | undefined>;
}

/** What a URL is answered with, wherever it leads. The body is let go: unread, it would keep the process for a minute. */
export async function statusOf(url: string): Promise<number> {
  const answer = await fetch(url, { redirect: "manual" });
  await answer.body?.cancel();
  return answer.status;
}

/** @throws Error that says what was expected and found, when they differ */
export function same(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) === JSON.stringify(expected)) return;
  throw new Error(`${what} is ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
}

/** @throws Error unless the value is one of those */
export function oneOf(what: string, found: unknown, ...expected: unknown[]): void {
  if (expected.includes(found)) return;
  throw new Error(`${what} is ${JSON.stringify(found)}, expected ${expected.join(" or ")}`);
}

/** The name of the error that something ends with. @throws Error when it does not fail */
export async function refusal(what: string, doing: Promise<unknown>): Promise<string> {
  try {
    await doing;
  } catch (error) {
    return (error as Error).name;
  }
  throw new Error(`${what} was accepted`);
}
