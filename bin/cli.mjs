#!/usr/bin/env node
// `npx hkdist`: the operator's command, on the Node that run.mjs chooses.
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

process.argv.splice(2, 0, join(dirname(dirname(fileURLToPath(import.meta.url))), "cli", "main.ts"));
await import("./run.mjs");
