import { expect, vi } from "vitest";
import type { Recorded } from "../../../lambda/record/record.ts";
import { answer } from "../../../lambda/register/routes.ts";
import type { Table } from "../../../lambda/shared/table.ts";
import { type Ask, behindGateway } from "../gateway.ts";

/** Who signs the requests. */
export const ADA = "arn:aws:iam::123456789012:user/ada";
export const NOW = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

/** A recorder that is not to be asked. */
export const noRecorder = () => vi.fn<(key: string) => Promise<Recorded>>().mockRejectedValue("asked");

export function registryOf(table: Table, record: (key: string) => Promise<Recorded> = noRecorder()): Ask {
  return behindGateway((request) => answer({ table, record }, request));
}

/** PUT of a JSON document, signed by Ada. */
export const put = (ask: Ask, target: string, document: unknown) =>
  ask("PUT", target, { principal: ADA, body: JSON.stringify(document) });
