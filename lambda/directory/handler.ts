import { serve } from "../shared/http/serve.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { answer } from "./routes.ts";

export const SETTINGS = ["table", "artifactsUrl"] as const;

const settings = readSettings(SETTINGS);
const directory = { table: openTable(settings.table), artifactsUrl: settings.artifactsUrl };

/** What clients ask: the HTTP API hands every request but PUT to this one function, which only reads. */
export const handler = serve((request) => answer(directory, request));
