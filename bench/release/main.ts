// npm run bench:release: how long a release takes on this machine, beside the original's way. See USAGE.
import { cpSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { down, type LocalAws, reset, up } from "../../local/local-aws.ts";
import { localFolder } from "../../tools/checkout.ts";
import { exitWhenInterrupted } from "../../tools/exit-when-interrupted.ts";
import type { Repository } from "../../tools/repository.ts";
import { runTool } from "../../tools/run-tool.ts";
import { GO_CACHE } from "../shared/build-release.ts";
import { machine } from "../shared/figures.ts";
import { namedOf, platformList, wholeNumber } from "../shared/options.ts";
import { plainBuild } from "../shared/plain-build.ts";
import { AGE, GREET, type Product, tagOf, YQ } from "../shared/products.ts";
import { BSDIFF, needProgram } from "../shared/programs.ts";
import { originalWay } from "./original-way.ts";
import { CACHES, type Cache, type Found, type Measured, report } from "./report.ts";
import { timedRelease } from "./timed-release.ts";

const USAGE = `npm run --silent bench:release -- [--only age|greet|yq] [--platforms linux-amd64,...] [--bases 1..4] [--cache cold,warm]
    [--builds 1] [--runs 3] [--json]

Releases a tool for some platforms, with patches from some base versions, on the local AWS, and does the same the original's way: plain
builds one after another, then bsdiff for one patch after another. Cold: with Go's cache empty, as it is in every CodeBuild
build. Warm: with the cache that building the bases left. Takes half an hour, and Debian's bsdiff; nothing else should run.`;

const PRODUCTS = [AGE, GREET, YQ];
const PLATFORMS = "linux-amd64,darwin-arm64,windows-amd64";

interface Request {
  product: Product;
  platforms: string[];
  bases: number;
  caches: Cache[];
  builds: number;
  runs: number;
  json: boolean;
}

await runTool(USAGE, parse, main);

function parse(): Request | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: "age" },
        platforms: { type: "string", default: PLATFORMS },
        bases: { type: "string", default: "4" },
        cache: { type: "string", default: CACHES.join(",") },
        builds: { type: "string", default: "1" },
        runs: { type: "string", default: "3" },
        json: { type: "boolean", default: false },
      },
    });
    const [[product, more] = [], platforms] = [
      namedOf(values.only, PRODUCTS),
      platformList(values.platforms),
    ];
    const caches = namedOf(
      values.cache,
      CACHES.map((name) => ({ name })),
    )?.map(({ name }) => name);
    // Building the bases is what warms the cache.
    const [bases, builds, runs] = [values.bases, values.builds, values.runs].map((text) => wholeNumber(text));
    if (!product || more || !platforms || !caches || !bases || !builds || !runs) return undefined;
    if (bases >= product.versions.length) return undefined;
    return { product, platforms, bases, caches, builds, runs, json: values.json };
  } catch {
    return undefined;
  }
}

async function main(request: Request): Promise<number> {
  const { product, platforms, bases, caches, builds, runs } = request;
  const folder = join(localFolder, "bench-release");
  const places = {
    aws: join(folder, "aws"),
    prepared: join(folder, "prepared"),
    /** Go's cache of this checkout, which waits aside. */
    aside: `${GO_CACHE}.aside`,
    warm: join(folder, "go-build"),
  };
  const log = (line: string) => console.error(line);
  needProgram(BSDIFF);
  exitWhenInterrupted();
  process.on("exit", () => {
    if (!existsSync(places.aside)) return;
    rmSync(GO_CACHE, { recursive: true, force: true });
    renameSync(places.aside, GO_CACHE);
  });
  await reset(places.aws, () => {});
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  if (existsSync(GO_CACHE) && !existsSync(places.aside)) renameSync(GO_CACHE, places.aside);
  // What a run left that was killed.
  rmSync(GO_CACHE, { recursive: true, force: true });

  try {
    const repository = product.repository(join(folder, "repository"));
    const config = join(folder, "hkdist.config.mjs");
    const { name, command } = product;
    const commands = { [name]: { ...command, repository: repository.folder, branch: "main", platforms } };
    writeFileSync(config, `export default ${JSON.stringify({ commands, buildConcurrency: builds })};\n`);
    const start = () => up({ folder: places.aws, config, log, endWithProcess: true });

    const target = product.versions.length - 1;
    const from = product.versions.map((_, at) => at).slice(target - bases, target);
    const plain = await prepare({ product, repository, platforms, from, folder, local: await start(), log });
    product.release(repository, target);
    await down(places.aws, () => {});
    cpSync(places.aws, places.prepared, { recursive: true });
    renameSync(GO_CACHE, places.warm);
    const setCache = (cache: Cache) => {
      rmSync(GO_CACHE, { recursive: true, force: true });
      if (cache === "warm") cpSync(places.warm, GO_CACHE, { recursive: true });
    };

    const measured: Measured[] = [];
    for (let run = 1; run <= runs; run++) {
      for (const cache of caches) {
        rmSync(places.aws, { recursive: true });
        cpSync(places.prepared, places.aws, { recursive: true });
        const local = await start();
        log(`Run ${run} of ${runs}, ${cache}: ours.`);
        setCache(cache);
        const ours = await timedRelease(local, name, tagOf(target));
        await down(places.aws, () => {});
        log(`Run ${run} of ${runs}, ${cache}: the original's way.`);
        setCache(cache);
        const original = originalWay(product, repository.folder, tagOf(target), plain, folder);
        measured.push({ cache, ours, original });
      }
    }
    const what = `${name} ${product.versions[target]}, ${platforms.length} platforms x ${bases} bases`;
    const found: Found = { machine: machine(), what, measured };
    console.log(request.json ? JSON.stringify(found, null, 2) : report(found));
    return 0;
  } finally {
    await reset(places.aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Releases the base versions, and builds them the original's way. @returns of each platform, the latter's files */
async function prepare(one: {
  product: Product;
  repository: Repository;
  platforms: string[];
  /** Numbers of the base versions. */
  from: number[];
  folder: string;
  local: LocalAws;
  log: (line: string) => void;
}): Promise<Map<string, string[]>> {
  const { product, repository, platforms, from, folder, local, log } = one;
  const plain = new Map<string, string[]>(platforms.map((platform) => [platform, []]));
  for (const at of from) {
    log(`Releasing the base version ${product.versions[at]}.`);
    product.release(repository, at);
    await timedRelease(local, product.name, tagOf(at));
    for (const [platform, files] of plain) {
      const file = join(folder, `${platform}-${at}`);
      plainBuild(repository.folder, product.command.mainPackage, platform, file);
      files.push(file);
    }
  }
  return plain;
}
