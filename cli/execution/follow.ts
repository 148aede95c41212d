import { setTimeout as sleep } from "node:timers/promises";
import { ExecutionDoesNotExist } from "@aws-sdk/client-sfn";
import type { Deployment } from "../deployment/deployment.ts";
import { BuildWatch } from "./builds.ts";
import { type Facts, look } from "./facts.ts";
import { isRunning } from "./status.ts";

/** Milliseconds between two looks; a long history takes long to read, and then the pauses grow. */
const PAUSE = 1000;
const PAUSES_PER_LOOK = 3;
/** Looks until an execution that was just started must be there: Step Functions may need a moment. */
const FIRST_LOOKS = 10;

/**
 * Looks at an execution until it ends, or until `stopped` is.
 * @param show gets each look
 * @returns the last look; undefined when it was stopped before the first
 */
export async function follow(
  deployment: Deployment,
  arn: string,
  show: (facts: Facts) => void,
  stopped: AbortSignal,
): Promise<Facts | undefined> {
  const builds = new BuildWatch();
  // An answer that does not come must not keep anybody.
  const interruption = new Promise<undefined>((resolve) => {
    stopped.addEventListener("abort", () => resolve(undefined), { once: true });
  });
  let last: Facts | undefined;
  let hasEnded = false;
  for (let looks = 1; ; looks++) {
    const began = Date.now();
    try {
      const facts = await Promise.race([look(deployment, arn, builds), interruption]);
      if (facts === undefined) return last;
      last = facts;
      show(facts);
      // The last lines of a build may come a moment after its end: so there is one look more.
      if (!isRunning(facts) && (builds.isComplete() || hasEnded)) return facts;
      hasEnded = !isRunning(facts);
    } catch (error) {
      if (!(error instanceof ExecutionDoesNotExist) || last !== undefined || looks > FIRST_LOOKS) throw error;
    }
    if (stopped.aborted) return last;
    const pause = Math.max(PAUSE, (Date.now() - began) * PAUSES_PER_LOOK);
    await sleep(pause, undefined, { signal: stopped }).catch(() => {});
    if (stopped.aborted) return last;
  }
}
