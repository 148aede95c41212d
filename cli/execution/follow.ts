import { setTimeout as sleep } from "node:timers/promises";
import type { Deployment } from "../deployment/deployment.ts";
import { BuildWatch } from "./builds.ts";
import { type Facts, look } from "./facts.ts";
import { statusWord } from "./status.ts";

/** Milliseconds between two looks; a long history takes long to read, and then the pauses grow. */
const PAUSE = 1000;
const PAUSES_PER_LOOK = 3;

/**
 * Looks at an execution until it ends, or until `stopped` is.
 * @param show gets each look
 * @returns the last look
 */
export async function follow(
  deployment: Deployment,
  arn: string,
  show: (facts: Facts) => void,
  stopped: AbortSignal,
): Promise<Facts> {
  const builds = new BuildWatch();
  for (;;) {
    const began = Date.now();
    const facts = await look(deployment, arn, builds);
    show(facts);
    if (!isRunning(facts) || stopped.aborted) return facts;
    const pause = Math.max(PAUSE, (Date.now() - began) * PAUSES_PER_LOOK);
    await sleep(pause, undefined, { signal: stopped }).catch(() => {});
    if (stopped.aborted) return facts;
  }
}

export function isRunning({ status }: Pick<Facts, "status">): boolean {
  return statusWord(status) === "running";
}
