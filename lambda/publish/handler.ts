import type { PublishEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { type Published, publish } from "./publish.ts";

export const SETTINGS = ["table"] as const;

const table = openTable(readSettings(SETTINGS).table);

/** Makes what was released current. */
export async function handler(event: PublishEvent): Promise<Published> {
  return publish(table, event);
}
