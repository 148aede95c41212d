import type { Artifact, Refusal } from "../shared/artifacts.ts";
import type { Current, HistoryEntry } from "../shared/current.ts";
import type { ItemKey } from "../shared/keys.ts";
import type { Patch } from "../shared/patches.ts";
import type { Breach } from "./breach.ts";

/** A row that is there but cannot be read: it is told once, and nothing is concluded from it. */
export const DAMAGED = Symbol("damaged");
export type Read<Row> = Row | typeof DAMAGED;

/** An object version or a delete marker of the artifacts bucket. */
export interface StoredVersion {
  id: string;
  /** Bytes; 0 for a marker. */
  size: number;
  isMarker: boolean;
  /** Milliseconds since 1970. */
  storedAt: number;
}

/** All that the table and the artifacts bucket say, as far as the audit looks at it. */
export interface World {
  /** By `nameOf` their key in the table. */
  artifacts: Map<string, Read<Artifact>>;
  patches: Map<string, Read<Patch>>;
  refusals: Map<string, Read<Refusal>>;
  /** By command. */
  commands: Map<string, { current: Read<Current> | undefined; history: Read<HistoryEntry>[] }>;
  /** By key, newest first. */
  objects: Map<string, StoredVersion[]>;
  /** A breach for each damaged row. */
  damaged: Breach[];
}

/** How rows are told apart, and named to people. */
export function nameOf({ pk, sk }: ItemKey): string {
  return `${pk} ${sk}`;
}

/** The rows of a map that can be read. */
export function whole<Row>(rows: Iterable<Read<Row>>): Row[] {
  return [...rows].filter((row): row is Row & Read<Row> => row !== DAMAGED);
}
