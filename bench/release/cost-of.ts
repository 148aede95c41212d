import { type Meter, priceOf } from "../../cost/prices.ts";
import { functionFor } from "../../lambda/patch/limits.ts";
import { LARGEST_BINARY_BYTES } from "../../lib/config/schema.ts";
import type { Timed } from "./timed-release.ts";

/** The defaults of hkdist.config.ts. */
const PATCH_GIGABYTES = functionFor(LARGEST_BINARY_BYTES).megabytes / 1024;
/** Of a patch: its Map iteration's states. */
const TRANSITIONS_PER_PATCH = 2;

/**
 * What a release of these times costs, in USD, without free tiers: builds by the begun minute, patches by their functions' time. The
 * other functions, the table and the queue together stay below a tenth of a cent.
 */
export function costOf({ builds, recording, patches, transitions }: Timed): number {
  // Each binary has a bill of materials.
  const files = 2 * recording.length + patches.length;
  const used: [Meter, number][] = [
    ["buildMinutes", builds.reduce((sum, seconds) => sum + Math.ceil(seconds / 60), 0)],
    ["lambdaGigabyteSeconds", patches.reduce((sum, seconds) => sum + seconds * PATCH_GIGABYTES, 0)],
    ["transitions", transitions + patches.length * TRANSITIONS_PER_PATCH],
    ["s3Puts", files],
  ];
  return used.reduce((sum, [meter, units]) => sum + priceOf(meter, units), 0);
}
