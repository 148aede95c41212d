// Replays requests observed on the original directory against the local AWS: see `usage`.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { reset, up } from "../../local/local-aws.ts";
import { localFolder } from "../../tools/checkout.ts";
import { type Observed, readLines, type State } from "./observed.ts";
import { replay } from "./replay.ts";

const usage = `npm run --silent golden -- <requests.jsonl> <states.jsonl>
  replays observed requests (as in test/fixtures/golden) against a local AWS of its own, prints every answer that is
  neither the observed one nor different on purpose (test/golden/differences.ts), and ends with "N same, M different"`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130));
}

const files = process.argv.slice(2);
if (files.length !== 2) {
  console.error(usage);
  process.exit(2);
}
// npm starts scripts in the checkout and tells where it was called.
const [requests = "", states = ""] = files.map((file) => resolve(process.env["INIT_CWD"] ?? "", file));
const folder = join(localFolder, `golden-${process.pid}`);
try {
  const all = { requests: readLines<Observed>(requests), states: readLines<State>(states) };
  mkdirSync(folder, { recursive: true });
  const command = {
    repository: "https://example.com/hk.git",
    branch: "main",
    mainPackage: ".",
    versionVariable: "main.version",
    platforms: ["linux-amd64"],
  };
  const config = join(folder, "hkdist.config.mjs");
  writeFileSync(config, `export default ${JSON.stringify({ commands: { hk: command } })};\n`);
  const log = (line: string) => console.error(line);
  const local = await up({ folder: join(folder, "aws"), config, log, endWithProcess: true });
  let different = 0;
  for await (const { observed, unexplained } of replay(local, all.requests, all.states)) {
    if (unexplained.length === 0) continue;
    different++;
    console.log(
      `${observed.seq} ${observed.name} (${observed.method} ${observed.path} in ${observed.state_before})`,
    );
    for (const line of unexplained) console.log(`    ${line}`);
  }
  console.log(`${all.requests.length - different} same, ${different} different`);
  process.exitCode = different === 0 ? 0 : 1;
} catch (error) {
  console.error(process.env["HKDIST_DEBUG"] ? error : (error as Error).message);
  process.exitCode = 1;
} finally {
  await reset(join(folder, "aws"), () => {});
  rmSync(folder, { recursive: true, force: true });
}
