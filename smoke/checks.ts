import type { Check } from "./check.ts";
import { BUCKET_CHECKS } from "./checks/bucket.ts";
import { CDN_CHECKS } from "./checks/cdn.ts";
import { DIRECTORY_CHECKS, SIGNATURE_CHECKS } from "./checks/directory.ts";
import { OPERATIONS_CHECKS } from "./checks/operations.ts";

/** In this order: what one stores the next ones ask for. */
export const CHECKS: Check[] = [
  ...SIGNATURE_CHECKS,
  ...BUCKET_CHECKS,
  ...DIRECTORY_CHECKS,
  ...CDN_CHECKS,
  ...OPERATIONS_CHECKS,
];
