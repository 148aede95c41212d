import { handle } from "hono/aws-lambda";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { directory } from "./app.ts";

export const SETTINGS = ["table", "artifactsUrl"] as const;

const settings = readSettings(SETTINGS);

/** What clients ask: the HTTP API hands every request to this one function. */
export const handler = handle(directory(openTable(settings.table), settings.artifactsUrl));
