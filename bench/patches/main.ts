// npm run bench:patches: our patches beside hkdist's and other engines', of pairs of real releases. See USAGE.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import { runTool } from "../../tools/run-tool.ts";
import { UserError } from "../../tools/user-error.ts";
import { machine } from "../shared/figures.ts";
import { namedOf, platformList, wholeNumber } from "../shared/options.ts";
import { passingFolder } from "../shared/passing-folder.ts";
import { AGE, HUGO, type Product, YQ } from "../shared/products.ts";
import { buildPairs } from "./builds.ts";
import { ENGINES, type Engine, lackOfEngine } from "./engines.ts";
import { type Measured, measure } from "./measure.ts";
import { type Found, type Row, report, rowOf } from "./report.ts";

const USAGE = `npm run --silent bench:patches -- [--only age,yq,hugo] [--platforms linux-amd64,darwin-arm64,...] [--engines ours,...]
    [--runs 3] [--json]

Builds two releases of real tools, as releases build them and by plain go build, and makes patches between them with each
engine, side by side. Without options: age and yq, linux-amd64, all engines, three runs; some minutes. Nothing else should run.
Engines: ${ENGINES.map(({ name }) => name).join(", ")}.`;

const PRODUCTS = [AGE, YQ, HUGO];

interface Request {
  products: Product[];
  platforms: string[];
  engines: Engine[];
  runs: number;
  json: boolean;
}

await runTool(USAGE, parse, main);

function parse(): Request | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: "age,yq" },
        platforms: { type: "string", default: "linux-amd64" },
        engines: { type: "string", default: ENGINES.map(({ name }) => name).join(",") },
        runs: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
    const [products, engines] = [namedOf(values.only, PRODUCTS), namedOf(values.engines, ENGINES)];
    const [platforms, runs] = [platformList(values.platforms), wholeNumber(values.runs)];
    return products && engines && platforms && runs
      ? { products, platforms, engines, runs, json: values.json }
      : undefined;
  } catch {
    return undefined;
  }
}

async function main({ products, platforms, engines, runs, json }: Request): Promise<number> {
  const log = (line: string) => console.error(line);
  await ensureNativeAddon(HOST, log);
  const ready: Engine[] = [];
  const missing: string[] = [];
  for (const engine of engines) {
    const lack = await lackOfEngine(engine, log);
    if (lack === undefined) ready.push(engine);
    else missing.push(`${engine.name} is left out: ${lack}.`);
  }
  if (ready.length === 0) throw new UserError(missing.join("\n"));
  for (const sentence of missing) log(sentence);
  const folder = passingFolder("bench-patches");

  const builds = new Set(ready.map(({ build }) => build));
  const rows: Row[] = [];
  for (const product of products) {
    const pairOf = await buildPairs(product, platforms, builds, folder, log);
    const pair = `${product.name} ${product.versions.slice(-2).join(" -> ")}`;
    for (const platform of platforms) {
      const measured = new Map<Engine, Measured[]>(ready.map((engine) => [engine, []]));
      // Run by run and not engine by engine: what else the machine does then meets all of them.
      for (let at = 0; at < runs; at++) {
        for (const [engine, all] of measured) {
          log(`${pair}, ${platform}, run ${at + 1} of ${runs}: ${engine.title ?? engine.name}`);
          all.push(measure(engine, pairOf(platform, engine.build), join(folder, "work")));
        }
      }
      for (const [engine, all] of measured) {
        rows.push(rowOf({ pair, platform, engine, built: pairOf(platform, engine.build), all }));
      }
    }
  }
  const found: Found = { machine: machine(), runs, missing, rows };
  console.log(json ? JSON.stringify(found, null, 2) : report(found));
  return 0;
}
