/** The log's events: lib/audit.ts has alarms that watch for them. */
export const BREACH_EVENT = "audit-breach";
export const FINISHED_EVENT = "audit-finished";

/** Something that must hold and does not. */
export interface Breach {
  kind: BreachKind;
  /** What it is about: an object's key, `current/<cmd>`, or a row as `<pk> <sk>`. */
  item: string;
  /** A sentence for a person. */
  problem: string;
}

/** Every kind of breach, and the heading of its section in docs/runbook.md. */
export const SECTIONS = {
  "object-missing": "A recorded object is gone",
  "object-hidden": "Something else has the name of a recorded object",
  "object-differs": "A recorded object is not what its row says",
  "object-unexplained": "An object that no row explains",
  "patch-wrong": "A patch does not make its target",
  "reference-broken": "A row names what is not recorded",
  "withdrawn-reachable": "A withdrawn version can still be had",
  "history-broken": "What is current and its history do not agree",
  "row-damaged": "A row is damaged",
  "audit-unfinished": "The audit did not look at everything",
} as const;

export type BreachKind = keyof typeof SECTIONS;

/** One line for people. */
export function lineAbout({ kind, item, problem }: Breach): string {
  return `${kind}  ${item}: ${problem} (docs/runbook.md, "${SECTIONS[kind]}")`;
}

/** As people say it: `no breaches`, `1 breach`. */
export function countOf({ length }: readonly Breach[]): string {
  return `${length || "no"} breach${length === 1 ? "" : "es"}`;
}
