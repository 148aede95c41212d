// npm run bench:patch-sizes: what build modes and bzip2's block size do to patches. See USAGE.
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { runTool } from "../../tools/run-tool.ts";
import { GO_CACHE } from "../shared/build-release.ts";
import { count, machine, percent, table } from "../shared/figures.ts";
import { namedOf, platformList } from "../shared/options.ts";
import { passingFolder } from "../shared/passing-folder.ts";
import { AGE, type Product, YQ } from "../shared/products.ts";
import { BSDIFF, needProgram } from "../shared/programs.ts";

const USAGE = `npm run --silent bench:patch-sizes -- [--only age,yq] [--platforms linux-amd64,...] [--json]

Sizes of patches between real releases, from the newest base version and from the oldest that benchmarks know: built as Go does by
default and as executables at a fixed address, with bzip2 blocks of 900 kB, of 100 kB, and with each stream's best size.
Takes Debian's bsdiff, and some minutes.`;

const PRODUCTS = [AGE, YQ];
const MODES = ["default", "exe"] as const;
/** As buildspec/build.sh has them. What it stamps is left out, so sizes differ a little from those of bench:patches. */
const FLAGS = ["-buildvcs=false", "-trimpath", "-ldflags", "-s -w -buildid="];

interface Request {
  products: Product[];
  platforms: string[];
  json: boolean;
}

/** Bytes. */
interface Row {
  pair: string;
  platform: string;
  mode: (typeof MODES)[number];
  large: number;
  small: number;
  best: number;
}

await runTool(USAGE, parse, main);

function parse(): Request | undefined {
  try {
    const { values } = parseArgs({
      options: {
        only: { type: "string", default: "age,yq" },
        platforms: { type: "string", default: "linux-amd64,darwin-amd64,darwin-arm64,windows-amd64" },
        json: { type: "boolean", default: false },
      },
    });
    const [products, platforms] = [namedOf(values.only, PRODUCTS), platformList(values.platforms)];
    return products && platforms ? { products, platforms, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

async function main({ products, platforms, json }: Request): Promise<number> {
  needProgram(BSDIFF);
  const folder = passingFolder("bench-patch-sizes");
  const rows: Row[] = [];
  for (const product of products) {
    const last = product.versions.length - 1;
    const fileOf = (at: number, platform: string, mode: string) =>
      join(folder, `${product.name}-${at}-${platform}-${mode}`);
    const repository = product.repository(join(folder, `${product.name}.repository`));
    for (const at of [0, last - 1, last]) {
      console.error(`building ${product.name} ${product.versions[at]}`);
      product.release(repository, at);
      for (const platform of platforms) {
        for (const mode of MODES)
          build(repository.folder, product, platform, mode, fileOf(at, platform, mode));
      }
    }
    for (const platform of platforms) {
      for (const from of [last - 1, 0]) {
        for (const mode of MODES) {
          const patch = join(folder, "patch");
          execFileSync("bsdiff", [fileOf(from, platform, mode), fileOf(last, platform, mode), patch]);
          const pair = `${product.name} ${product.versions[from]} -> ${product.versions[last]}`;
          rows.push({ pair, platform, mode, ...sizesOf(patch) });
        }
      }
    }
  }
  console.log(json ? JSON.stringify({ machine: machine(), rows }, null, 2) : report(rows));
  return 0;
}

function build(cwd: string, { command }: Product, platform: string, mode: string, to: string): void {
  const [GOOS = "", GOARCH = ""] = platform.split("-");
  execFileSync("go", ["build", `-buildmode=${mode}`, ...FLAGS, "-o", to, command.mainPackage], {
    cwd,
    env: { ...process.env, GOFLAGS: "", GOCACHE: GO_CACHE, GOOS, GOARCH, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

function sizesOf(patch: string): Pick<Row, "large" | "small" | "best"> {
  const script = join(import.meta.dirname, "streams.py");
  return JSON.parse(execFileSync("python3", [script, patch], { encoding: "utf8" }));
}

function report(rows: Row[]): string {
  const less = (part: number, of: number) => percent(part - of, of);
  const cells = rows.map(({ pair, platform, mode, large, small, best }) => {
    const usual = rows.find(
      (row) => row.pair === pair && row.platform === platform && row.mode === "default",
    );
    return [
      ...[
        pair,
        platform,
        mode,
        count(large),
        count(small),
        less(small, large),
        count(best),
        less(best, small),
      ],
      mode === "default" ? "" : less(small, usual?.small ?? small),
    ];
  });
  const heads = [
    "pair",
    "platform",
    "build mode",
    "900 kB",
    "100 kB",
    "to it",
    "best",
    "to 100 kB",
    "to the default mode",
  ];
  return table(heads, cells);
}
