import type { Bases, BasesEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { step, subjectOfPromotion } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { choosePairs } from "./bases.ts";

export const SETTINGS = ["table", "patchBases"] as const;

const settings = readSettings(SETTINGS);
const table = openTable(settings.table);

/** Chooses the patches that go with a promotion or a yank. */
export const handler = step(
  "bases",
  subjectOfPromotion,
  async ({ promoted }: BasesEvent): Promise<Bases> => ({
    pairs: await choosePairs(table, promoted, Number(settings.patchBases)),
  }),
);
