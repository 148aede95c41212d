import { setTimeout as sleep } from "node:timers/promises";

/** Milliseconds. */
const FIRST_WAIT = 50;
const LONGEST_WAIT = 1600;

/**
 * Waits before another try at what others change too: a random part of a while that doubles. 12 tries take 12 s in all at
 * most, 8 tries half of that.
 * @param tried how often it was tried before: nothing is waited before the first try
 */
export async function waitTurn(tried: number): Promise<void> {
  if (tried > 0) await sleep(Math.random() * Math.min(FIRST_WAIT * 2 ** (tried - 1), LONGEST_WAIT));
}
