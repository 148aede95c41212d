import type { Timed } from "./timed-release.ts";

/** USD, us-east-1, from the price lists of November 2026. */
const BUILD_MINUTE = 0.005; // CodeBuild, general1.small on x86
const LAMBDA_GB_SECOND = 0.0000166667; // x86
const TRANSITION = 0.025 / 1000; // Step Functions, standard
const S3_PUT = 0.005 / 1000;

/** The defaults of hkdist.config.ts. */
const PATCH_GIGABYTES = 3008 / 1024;
const PATCHES_AT_ONCE = 4;
/** Of a patch: its Map iteration's states, and the put of a stored file. */
const TRANSITIONS_PER_PATCH = 2;
const PUTS_PER_FILE = 1;

/**
 * What a release of these times costs, in USD, without free tiers: builds by the begun minute, patches as if all four
 * functions ran all the time. The other functions, the table and the queue together stay below a tenth of a cent.
 */
export function costOf({ source, builds, patches, patchCount, transitions }: Timed): number {
  const minutes = [source, ...builds].reduce((sum, seconds) => sum + Math.ceil(seconds / 60), 0);
  const files = 12 + patchCount;
  return (
    minutes * BUILD_MINUTE +
    patches * PATCHES_AT_ONCE * PATCH_GIGABYTES * LAMBDA_GB_SECOND +
    (transitions + patchCount * TRANSITIONS_PER_PATCH) * TRANSITION +
    files * PUTS_PER_FILE * S3_PUT
  );
}
