// npm run bench:release-time [-- greet|age [1|2]]: how long a release for 12 platforms takes on this machine, cold and warm, with
// one and two builds at once, and what that much would cost on AWS. Takes most of an hour; nothing else should run.
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { reset, up } from "../../local/local-aws.ts";
import { cacheFolder, localFolder } from "../../tools/checkout.ts";
import { AGE, GREET, type Product } from "../shared/products.ts";
import { costOf } from "./cost-of.ts";
import { type Timed, timedRelease } from "./timed-release.ts";

/** The nine of the original's platforms that Go still builds, and today's three. */
const PLATFORMS = [
  ...["darwin-amd64", "darwin-arm64", "freebsd-386", "freebsd-amd64", "freebsd-arm", "linux-386"],
  ...["linux-amd64", "linux-arm", "linux-arm64", "windows-386", "windows-amd64", "windows-arm64"],
];

const folder = join(localFolder, "bench-release-time");
const goCache = join(cacheFolder, "go-build");
const aside = `${goCache}.aside`;
const [only, onlyBuilds] = process.argv.slice(2);

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => process.exit(130));
process.on("exit", () => {
  if (!existsSync(aside)) return;
  rmSync(goCache, { recursive: true, force: true });
  renameSync(aside, goCache);
});

if (existsSync(goCache) && !existsSync(aside)) renameSync(goCache, aside);
console.log(`${cpus()[0]?.model.trim()}, ${cpus().length} cores; ${PLATFORMS.length} platforms

| tool | Go's cache | builds at once | wall | source | builds | patches | on AWS |
| --- | --- | --- | --- | --- | --- | --- | --- |`);
for (const product of [GREET, AGE]) {
  if (only !== undefined && only !== product.name) continue;
  for (const builds of [1, 2]) {
    if (onlyBuilds === undefined || onlyBuilds === String(builds)) await measure(product, builds);
  }
}

/** The first release is cold; the second, of the next version with the first one as base, is warm. */
async function measure(product: Product, builds: number): Promise<void> {
  const aws = join(folder, "aws");
  await reset(aws, () => {});
  try {
    const repository = product.repository(join(folder, "repository"));
    const config = join(folder, "hkdist.config.mjs");
    const { name, command } = product;
    const commands = {
      [name]: { ...command, repository: repository.folder, branch: "main", platforms: PLATFORMS },
    };
    writeFileSync(config, `export default ${JSON.stringify({ commands, buildConcurrency: builds })};\n`);
    const log = (line: string) => console.error(line);
    const local = await up({ folder: aws, config, log, endWithProcess: true });

    rmSync(goCache, { recursive: true, force: true });
    for (const [at, cache] of ["cold", "warm"].entries()) {
      product.release(repository, at);
      const timed = await timedRelease(local, name);
      console.log(`| ${name} | ${cache} | ${builds} | ${row(timed)} |`);
    }
  } finally {
    await reset(aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

function row(timed: Timed): string {
  const seconds = (value: number) => `${value.toFixed(0)} s`;
  const { wall, source, builds, patches } = timed;
  const built = builds.map(seconds).join(" and ");
  return [seconds(wall), seconds(source), built, seconds(patches), `$${costOf(timed).toFixed(3)}`].join(
    " | ",
  );
}
