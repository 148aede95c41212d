// npm run test:faults -- [--runs N] [--seed S]: releases a tiny product again and again on a local AWS of
// its own while things break, and looks at everything after each. Ends with `lost 0, wrong 0`, or with what was.
import { join } from "node:path";
import { parseArgs } from "node:util";
import { audit } from "../../audit/audit.ts";
import { localFolder } from "../../tools/checkout.ts";
import type { Installed } from "./client.ts";
import { ownPlace } from "./own-place.ts";
import { type RunResult, randomOf, runOnce } from "./run.ts";
import { tableOf } from "./table.ts";
import { World } from "./world.ts";

const { values } = parseArgs({
  options: { runs: { type: "string", default: "20" }, seed: { type: "string", default: "1" } },
});
const [runs, seed] = [Number(values.runs), Number(values.seed)];
if (!Number.isSafeInteger(runs) || runs < 1 || !Number.isSafeInteger(seed)) {
  console.error(
    "--runs must be a number from 1 on, --seed a number: npm run test:faults -- --runs 20 --seed 1",
  );
  process.exit(2);
}

const folder = join(localFolder, `faults-${process.pid}`);
const { remove, ...place } = await ownPlace(folder, (line) => console.error(line));
const world = new World(place);
// Ctrl-C ends it after the run that is under way, with what there is by then.
let isStopping = false;
process.on("SIGINT", () => {
  isStopping = true;
});
const results: RunResult[] = [];
const bad: string[] = [];
let inTheEnd: string[] = [];
try {
  await world.begin();
  let installed: Installed | undefined;
  const before: string[] = [];
  for (let number = 1; number <= runs && !isStopping; number++) {
    const began = Date.now();
    const result = await runOnce(world, number, randomOf(seed, number), installed, before);
    installed = result.installed;
    if (installed !== undefined && installed.version !== before.at(-1)) before.push(installed.version);
    results.push(result);
    const faults =
      result.faults.map(({ kind, where }) => `${kind} (${where})`).join("; ") || "none came to pass";
    const seconds = ((Date.now() - began) / 1000).toFixed(0);
    console.log(`run ${number}, ${seconds} s: ${result.verdict}. ${faults}`);
    for (const note of result.notes) console.log(`    ${note}`);
    if (result.verdict === "lost" || result.verdict === "wrong")
      bad.push(`run ${number}: ${result.notes.join("; ")}`);
  }
  const { table, s3 } = world;
  const { breaches } = await audit(
    { table, s3, bucket: place.local.artifactsBucket },
    { deep: true, settleSeconds: 0 },
  );
  inTheEnd = breaches.map(({ kind, item, problem }) => `in the end: ${kind}: ${item}: ${problem}`);
} finally {
  await remove();
}

console.log(`\n${tableOf(results)}\n`);
for (const line of [...bad, ...inTheEnd]) console.log(line);
const count = (verdict: string) => results.filter((one) => one.verdict === verdict).length;
console.log(`lost ${count("lost")}, wrong ${count("wrong") + inTheEnd.length}`);
process.exitCode = bad.length + inTheEnd.length > 0 ? 1 : 0;
