// What a deployment costs a month: see `usage`.
import { parseArgs } from "node:util";
import { runTool } from "../tools/run-tool.ts";
import { billOf } from "./bill.ts";
import { FLAGS, shapeOf } from "./flags.ts";
import { PRICES_ARE } from "./prices.ts";
import { CASES, IDLE } from "./shape.ts";
import { billTable, casesTable } from "./table.ts";
import { hasPatches, usageOf } from "./usage.ts";

const usage = `npm run cost -- --users <n> --releases-per-month <n> --platforms <n> --size-mb <n>
    [--commands 1] [--bases 8] [--checks-per-day 1] [--months-kept 12] [--patch-share 0.9] [--domain 0] [--json]
npm run cost -- --cases
  the bill of a month in USD by service, by list price and with what AWS gives every account for nothing
  --users               installed copies, of all commands together
  --releases-per-month  of each command
  --size-mb             of one uncompressed binary
  --bases               patchBases of the configuration
  --months-kept         how many months of releases are stored: the deployment's age
  --patch-share         part of the updates that are patches, 0 to 1
  --domain              1 when CloudFront stands before the directory, too (docs/domain.md)
  --cases               the three cases that README.md quotes, and nothing at all
docs/cost.md says what is counted.`;

await runTool(usage, parse, main);

async function main(request: NonNullable<ReturnType<typeof parse>>): Promise<number> {
  if (request.cases) {
    console.log(casesTable(CASES));
    return 0;
  }
  const shape = shapeOf(request.values);
  const used = usageOf(shape);
  const idle = billOf(usageOf(IDLE));
  if (request.json) {
    console.log(
      JSON.stringify({ prices: PRICES_ARE, shape, usage: used, bill: billOf(used), idle }, null, 2),
    );
  } else {
    console.log(billTable(billOf(used), idle));
    if (!hasPatches(shape.sizeMb))
      console.log("Binaries of this size get no patches: every update is a full download.");
  }
  return 0;
}

/** Undefined when the arguments are not understood. */
function parse() {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean", default: false } as const;
    const numbers = Object.fromEntries(Object.keys(FLAGS).map((name) => [name, text]));
    const { values } = parseArgs({ options: { ...numbers, json: flag, cases: flag } });
    const { json, cases, ...given } = values as { json: boolean; cases: boolean; [name: string]: unknown };
    return { json, cases, values: given as { [name: string]: string | undefined } };
  } catch {
    return undefined;
  }
}
