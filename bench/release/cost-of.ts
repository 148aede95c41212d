import { type Meter, priceOf } from "../../cost/prices.ts";
import { functionFor } from "../../lambda/patch/limits.ts";
import { LARGEST_BINARY_BYTES } from "../../lib/config/schema.ts";
import type { Timed } from "./timed-release.ts";

/** The defaults of hkdist.config.ts. */
const PATCH_GIGABYTES = functionFor(LARGEST_BINARY_BYTES).megabytes / 1024;
const PATCHES_AT_ONCE = 4;
/** Of a patch: its Map iteration's states, and the put of a stored file. */
const TRANSITIONS_PER_PATCH = 2;
const PUTS_PER_FILE = 1;

/**
 * What a release of these times costs, in USD, without free tiers: builds by the begun minute, patches as if all four
 * functions ran all the time. The other functions, the table and the queue together stay below a tenth of a cent.
 */
export function costOf({ states, builds, patchCount, transitions }: Timed): number {
  const files = 12 + patchCount;
  const patches = states.find(({ name }) => name === "Patch")?.seconds ?? 0;
  const used: [Meter, number][] = [
    ["buildMinutes", builds.reduce((sum, seconds) => sum + Math.ceil(seconds / 60), 0)],
    ["lambdaGigabyteSeconds", patches * PATCHES_AT_ONCE * PATCH_GIGABYTES],
    ["transitions", transitions + patchCount * TRANSITIONS_PER_PATCH],
    ["s3Puts", files * PUTS_PER_FILE],
  ];
  return used.reduce((sum, [meter, units]) => sum + priceOf(meter, units), 0);
}
