// npm run bench:update: what an update downloads and how long it takes, by patch and in full, over links of some speeds. See USAGE.
import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { type LocalAws, reset, up } from "../../local/local-aws.ts";
import { followRelease, startRelease } from "../../local/release.ts";
import { localFolder } from "../../tools/checkout.ts";
import { exitWhenInterrupted } from "../../tools/exit-when-interrupted.ts";
import { hostPlatform } from "../../tools/install.ts";
import { runTool } from "../../tools/run-tool.ts";
import { machine } from "../shared/figures.ts";
import { wholeNumber } from "../shared/options.ts";
import { tagOf } from "../shared/products.ts";
import { type Found, report, type Taken, WAYS, type Way } from "./report.ts";
import { SELF_UPDATING } from "./self-updating.ts";
import { SlowLink } from "./slow-link.ts";

const USAGE = `npm run --silent bench:update -- [--speeds 1,10,100] [--round-trip 50] [--runs 3] [--json]

Releases two versions of yq, with the updater of examples/greet in it, on the local AWS, and has the older one update itself over
links of these speeds (Mbit/s) with that round trip (ms): by patch, and in full. Takes some minutes.`;

const { name, command, versions } = SELF_UPDATING;
/** Answers in full are for a client for whose version there is no patch. */
const PATCHES: Record<Way, RegExp> = { patch: /^$/, full: /^[^/]+\/\d+\/\d+\// };

interface Request {
  speeds: number[];
  roundTrip: number;
  runs: number;
  json: boolean;
}

await runTool(USAGE, parse, main);

function parse(): Request | undefined {
  try {
    const { values } = parseArgs({
      options: {
        speeds: { type: "string", default: "1,10,100" },
        "round-trip": { type: "string", default: "50" },
        runs: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
    const speeds = values.speeds.split(",").map(Number);
    const [roundTrip, runs] = [wholeNumber(values["round-trip"], 0), wholeNumber(values.runs)];
    if (!speeds.every((speed) => speed > 0) || roundTrip === undefined || runs === undefined)
      return undefined;
    return { speeds, roundTrip, runs, json: values.json };
  } catch {
    return undefined;
  }
}

async function main({ speeds, roundTrip, runs, json }: Request): Promise<number> {
  const folder = join(localFolder, "bench-update");
  const aws = join(folder, "aws");
  const log = (line: string) => console.error(line);
  exitWhenInterrupted();
  const slow = new SlowLink();
  await reset(aws, () => {});
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    let local: LocalAws | undefined;
    const urls = {
      directoryURL: await slow.serve(() => local?.directoryUrl ?? ""),
      artifactsURL: await slow.serve(() => local?.artifactsUrl ?? ""),
    };
    const platform = hostPlatform();
    const repository = SELF_UPDATING.repository(join(folder, "repository"));
    // Only here is a client told other URLs than the deployment's: those of the link.
    const ldflags = Object.entries(urls).map(([variable, url]) => `-X main.${variable}=${url}`);
    const configured = {
      ...{ ...command, repository: repository.folder, branch: "main", platforms: [platform] },
      ldflags: ldflags.join(" "),
    };
    const config = join(folder, "hkdist.config.mjs");
    writeFileSync(config, `export default ${JSON.stringify({ commands: { [name]: configured } })};\n`);
    local = await up({ folder: aws, config, log, endWithProcess: true });
    const target = versions.length - 1;
    for (const at of [target - 1, target]) {
      log(`Releasing ${name} ${versions[at]}.`);
      SELF_UPDATING.release(repository, at);
      const { status, error, cause } = await followRelease(local, await startRelease(local, { cmd: name }));
      if (status !== "SUCCEEDED") throw new Error(`${name} ${versions[at]}: ${error}: ${cause}`);
    }
    const stored = await fetch(`${local.artifactsUrl}${name}/${versionOf(target - 1)}/${platform}.gz`);
    const installed = gunzipSync(Buffer.from(await stored.arrayBuffer()));

    const taken: Taken[] = [];
    // The first of each way is not counted: it fetches the answers.
    for (let run = 0; run <= runs; run++) {
      for (const speed of run === 0 ? [Number.POSITIVE_INFINITY] : speeds.map((one) => one * 1e6)) {
        for (const way of WAYS) {
          if (run > 0) log(`run ${run} of ${runs}, ${speed / 1e6} Mbit/s, ${way}`);
          slow.link = { speed, roundTrip };
          slow.missing = PATCHES[way];
          const one = await update(slow, installed, versionOf(target), join(folder, "installed"));
          if (run > 0) taken.push({ megabits: speed / 1e6, way, ...one });
        }
      }
    }
    const what = `${name} ${versions[target - 1]} -> ${versions[target]}, ${platform}, round trip ${roundTrip} ms`;
    const found: Found = { machine: machine(), what, binaryBytes: installed.length, runs, taken };
    console.log(json ? JSON.stringify(found, null, 2) : report(found));
    return 0;
  } finally {
    slow.close();
    await reset(aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

function versionOf(at: number): string {
  return tagOf(at).slice(1);
}

/** From "check" to the new version's answer. @throws Error when the program is not the new version then */
async function update(slow: SlowLink, installed: Buffer, version: string, folder: string) {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const program = join(folder, name);
  writeFileSync(program, installed);
  chmodSync(program, 0o755);
  slow.requests = 0;
  slow.bytes = 0;
  const options = { env: { PATH: "", HOME: folder, CI: "1" } };
  const started = performance.now();
  await promisify(execFile)(program, ["update"], options);
  const { stdout } = await promisify(execFile)(program, ["version"], options);
  const seconds = (performance.now() - started) / 1000;
  if (stdout.trim() !== version) throw new Error(`after the update it is version ${stdout.trim()}`);
  return { seconds, bytes: slow.bytes, requests: slow.requests };
}
