import { LambdaClient } from "@aws-sdk/client-lambda";
import { serve } from "../shared/http/serve.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { recordByFunction } from "./record-by-function.ts";
import { answer } from "./routes.ts";

export const SETTINGS = ["table", "recordFunction"] as const;

const settings = readSettings(SETTINGS);
const registry = {
  table: openTable(settings.table),
  record: recordByFunction(new LambdaClient({ maxAttempts: 1 }), settings.recordFunction),
};

/** PUT, which the gateway lets through with a signature that allows the path. */
export const handler = serve((request) => answer(registry, request));
