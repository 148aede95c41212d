import { closeSync, openSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
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

/**
 * Orders lie in a folder as `<id>.order`, the moments that came as `<id>.seen.<n>`, and those in which an order was carried out
 * as `<id>.done.<n>`.
 */
export function ordersIn(folder: string): Order[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".order"))
    .sort()
    .flatMap((name) => {
      try {
        return [JSON.parse(readFileSync(join(folder, name), "utf8")) as Order];
      } catch {
        return []; // taken away meanwhile
      }
    });
}

/** Writes an order so that nobody sees half of it. */
export function placeOrder(folder: string, order: Order): void {
  const file = join(folder, `${order.id}.order`);
  writeFileSync(`${file}.new`, JSON.stringify(order));
  renameSync(`${file}.new`, file);
}

/**
 * Counts the moment, also when several processes come to it at once.
 * @returns the moment's number when the order is to be carried out in it
 */
export function dueMoment(folder: string, { id, skip, times }: Order): number | undefined {
  for (let n = 0; n < skip + times; n++) {
    try {
      closeSync(openSync(join(folder, `${id}.seen.${n}`), "wx"));
      return n >= skip ? n : undefined;
    } catch {
      // Taken by an earlier moment.
    }
  }
  return undefined;
}

/** Says, before it is done, that an order is carried out: who does it may not live to say so. */
export function sayDone(folder: string, { id }: Order, moment: number): void {
  writeFileSync(join(folder, `${id}.done.${moment}`), "");
}

/** How often an order was carried out. */
export function doneCount(folder: string, id: string): number {
  return readdirSync(folder).filter((name) => name.startsWith(`${id}.done.`)).length;
}
