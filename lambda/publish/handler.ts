import type { PublishEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { step, subjectOfRelease } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { type Published, publish } from "./publish.ts";

export const SETTINGS = ["table"] as const;

const table = openTable(readSettings(SETTINGS).table);

/** Makes what was released current. */
export const handler = step(
  "publish",
  subjectOfRelease,
  (event: PublishEvent): Promise<Published> => publish(table, event),
);
