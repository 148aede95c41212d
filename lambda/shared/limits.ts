/**
 * How many patches one execution makes at most, and how many base versions each platform may have. Step Functions carries
 * 262,144 bytes from state to state and keeps 25,000 events of an execution: the results of 1,000 pairs that all failed,
 * with their reasons, are about 240,000 bytes, and their events with every retry 18,000. test/lib/sizes.test.ts
 * computes both from the machines' definitions.
 */
export const MOST_PAIRS = 1000;
export const MOST_BASES = 50;

/** Characters of a failed pair's reason in an execution's output; the log has all of it. */
export const LONGEST_REASON = 120;

/**
 * Bytes of UTF-8 of the reason for a withdrawal. It stays in the item that every client's question reads, and an item has at
 * most 400 KB: test/lib/sizes.test.ts computes how many withdrawals fit.
 */
export const LONGEST_YANK_REASON = 500;
