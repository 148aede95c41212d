import { serve } from "../shared/http/serve.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { answer } from "./routes.ts";

export const SETTINGS = ["table", "directoryUrl", "artifactsUrl"] as const;

const { table, ...urls } = readSettings(SETTINGS);
const directory = { table: openTable(table), ...urls };

/** What clients ask: the HTTP API hands every request but PUT to this one function, which only reads. */
export const handler = serve((request) => answer(directory, request));
