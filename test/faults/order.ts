import { closeSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Where in a function's call something happens: before it, before or after one of its requests, after it. */
export type Moment = "start" | "request" | "answer" | "end";

/**
 * - kill: the process ends at once.
 * - hold: it stands still until the harness lets it go on.
 * - swallow: the call succeeds without the function having seen it; the event is kept for the harness.
 * - the others are done to a request by the proxy (proxy.ts).
 */
export type Act = "kill" | "hold" | "swallow" | RequestAct;
export const REQUEST_ACTS = ["fail", "throttle", "reset", "slow", "lose", "cut"] as const;
export type RequestAct = (typeof REQUEST_ACTS)[number];

/** One fault that waits for its moment. */
export interface Order {
  id: string;
  /** A construct's name, as in the names of functions: Publish. */
  step: string;
  at: Moment;
  act: Act;
  /** So many such moments pass first. */
  skip: number;
  /** And to so many it is done. */
  times: number;
}

/** Orders lie in a folder as `<id>.order`, the moments that came as `<id>.seen.<n>`. */
export function ordersIn(folder: string): Order[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".order"))
    .map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Order);
}

/** Counts the moment, also when several processes come to it at once. @returns whether the order is to be carried out */
export function isDue(folder: string, { id, skip, times }: Order): boolean {
  for (let n = 0; ; n++) {
    if (n >= skip + times) return false;
    try {
      closeSync(openSync(join(folder, `${id}.seen.${n}`), "wx"));
      return n >= skip;
    } catch {
      // Taken by an earlier moment.
    }
  }
}

/** How often an order was carried out. */
export function hitsOf(folder: string, { id, skip }: Order): number {
  const seen = readdirSync(folder).filter((name) => name.startsWith(`${id}.seen.`)).length;
  return Math.max(0, seen - skip);
}
