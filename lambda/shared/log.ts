import { AsyncLocalStorage } from "node:async_hooks";

/** What a line is about: every line of a call has what is known of it. */
export interface Subject {
  cmd?: string;
  version?: string;
  platform?: string;
  /** The execution's name. */
  execution?: string;
}

const subject = new AsyncLocalStorage<Subject>();

/** Runs something whose log lines are all about the same. */
export function about<Result>(what: Subject, run: () => Result): Result {
  return subject.run({ ...what }, run);
}

/** Adds to what the lines that follow are about. */
export function learned(what: Subject): void {
  Object.assign(subject.getStore() ?? {}, what);
}

/**
 * One JSON line for each event, with stable keys and no secrets. Written as it is: `console` would put text before it, and
 * CloudWatch finds metrics only in lines that are JSON from their first character (lambda/shared/metric.ts).
 */
export function log(event: string, fields: Record<string, unknown> = {}): void {
  process.stdout.write(`${JSON.stringify({ event, ...subject.getStore(), ...fields })}\n`);
}
