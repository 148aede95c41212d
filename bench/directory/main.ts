// npm run bench:directory [-- --json]: what a request of the directory costs, beside the least it could cost.
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { Agent, get } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { synthesize } from "../../local/deploy.ts";
import { stateFiles } from "../../local/paths.ts";
import { root } from "../../tools/checkout.ts";
import type { Cpu } from "./cpu-meter.ts";

/** Requests on the floor: as many as the handler gets. */
const REQUESTS = 10_000;
const IMPORTS = 7;
const TARGET = { ratio: 3, importMilliseconds: 150, bundleBytes: 1_000_000 };

interface List {
  status: number;
  bytes: number;
  encodedBytes: number;
  milliseconds: number;
  cpuMilliseconds: number;
}

const folder = mkdtempSync(join(tmpdir(), "hkdist-bench-"));
const children: ChildProcess[] = [];
try {
  const bundle = await bundleOfDirectory();
  const table = await server("table-server.ts");
  const floor = await floorCpu();
  const imports = [];
  for (let run = 0; run < IMPORTS; run++) {
    imports.push(
      (await handlerProcess<{ importMilliseconds: number }>(bundle, "import", table)).importMilliseconds,
    );
  }
  const routes = await handlerProcess<{ cpu: Cpu }>(bundle, "routes", table);
  const sdk = await handlerProcess<{ cpu: Cpu }>(bundle, "sdk", table);
  const before = await readsOf(table);
  const current = await handlerProcess<{ cpu: Cpu; bytes: number }>(bundle, "current", table);
  const readsPerRequest = ((await readsOf(table)) - before) / REQUESTS;
  const list = await handlerProcess<List>(bundle, "release.json", table);
  const listReads = await readsOf(table);
  const compressed = await handlerProcess<List>(bundle, "release.json.gz", table);
  // Each asks twice, once to warm up.
  const pagesOfList = ((await readsOf(table)) - listReads) / 2;
  report({
    machine: `${cpus()[0]?.model.trim()}, ${cpus().length} cores, Node ${process.versions.node}`,
    bundleBytes: statSync(bundle).size,
    importMilliseconds: {
      median: imports.sort((a, b) => a - b)[IMPORTS >> 1] ?? 0,
      most: imports.at(-1) ?? 0,
    },
    floor,
    routes: routes.cpu,
    sdk: sdk.cpu,
    withTable: current.cpu,
    currentBytes: current.bytes,
    readsPerRequest,
    list,
    compressed,
    pagesOfList,
  });
} finally {
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

interface Report {
  machine: string;
  bundleBytes: number;
  importMilliseconds: { median: number; most: number };
  floor: Cpu;
  routes: Cpu;
  sdk: Cpu;
  withTable: Cpu;
  currentBytes: number;
  readsPerRequest: number;
  list: List;
  compressed: List;
  pagesOfList: number;
}

function report(found: Report): void {
  if (process.argv.includes("--json")) {
    console.log(JSON.stringify(found, null, 2));
    return;
  }
  const us = ({ p50, p99 }: Cpu) => `${p50.toFixed(0)} µs | ${p99.toFixed(0)} µs`;
  const ratio = ({ p50 }: Cpu) => (p50 / found.floor.p50).toFixed(2);
  const { median, most } = found.importMilliseconds;
  const row = (name: string, { bytes, encodedBytes, milliseconds, cpuMilliseconds }: List) =>
    `| ${name} | ${bytes} | ${encodedBytes} | ${milliseconds.toFixed(0)} ms | ${cpuMilliseconds.toFixed(0)} ms |`;
  console.log(`${found.machine}

CPU of one GET /hk/current/linux-amd64.json (${found.withTable.requests} warm requests in batches of 50)
| | p50 | p99 | to the floor |
| --- | --- | --- | --- |
| plain Node HTTP server, data in memory (the floor) | ${us(found.floor)} | 1 |
| our routes, without the table (target: ${TARGET.ratio} times the floor) | ${us(found.routes)} | ${ratio(found.routes)} |
| the AWS SDK's read of the table, alone | ${us(found.sdk)} | ${ratio(found.sdk)} |
| the deployed bundle, with the AWS SDK reading the table | ${us(found.withTable)} | ${ratio(found.withTable)} |
The floor has HTTP in it, which the gateway does for us; the routes have not. A request as a whole is the last row, and nearly
all of it is the SDK. p99 is of means of 50 requests.
The original took 600 µs (350 of the server's and 270 of PostgreSQL's) and served 1,700 to 2,100 of these a second.

reads of the table per request: ${found.readsPerRequest}; body: ${found.currentBytes} bytes
bundle: ${found.bundleBytes} bytes (target: below ${TARGET.bundleBytes})
import of the bundle: ${median.toFixed(0)} ms median, ${most.toFixed(0)} ms at most, of ${IMPORTS} (target: below ${TARGET.importMilliseconds})

release.json of 1,000 releases on 12 platforms (${found.pagesOfList} reads)
| | bytes | as Lambda carries it (limit 5,000,000) | time | CPU |
| --- | --- | --- | --- | --- |
${row("plain", found.list)}
${row("gzip", found.compressed)}`);
}

/** The directory function's bundle as it is deployed: from the synthesized app. */
async function bundleOfDirectory(): Promise<string> {
  const config = join(folder, "hkdist.config.mjs");
  const command = { repository: "https://example.com/hk.git", branch: "main", mainPackage: "." };
  const more = { versionVariable: "main.version", platforms: ["linux-amd64"] };
  writeFileSync(config, `export default ${JSON.stringify({ commands: { hk: { ...command, ...more } } })};\n`);
  await synthesize({ folder, endpointUrl: "http://127.0.0.1:1", region: "us-east-1", app: root, config });
  const { assembly } = stateFiles(folder);
  const template = readdirSync(assembly).find((name) => name.endsWith(".template.json")) ?? "";
  const { Resources } = JSON.parse(readFileSync(join(assembly, template), "utf8")) as {
    Resources: Record<string, { Type: string; Properties: { Code?: { S3Key: string } } }>;
  };
  const [, directory] =
    Object.entries(Resources).find(
      ([name, { Type }]) => name.startsWith("DirectoryFunction") && Type === "AWS::Lambda::Function",
    ) ?? [];
  const asset = directory?.Properties.Code?.S3Key.replace(/\.zip$/, "");
  return join(assembly, `asset.${asset}`, "index.mjs");
}

async function server(file: string): Promise<number> {
  const child = fork(new URL(file, import.meta.url), { serialization: "json" });
  children.push(child);
  const [port] = (await once(child, "message")) as [number];
  return port;
}

async function handlerProcess<Result>(bundle: string, what: string, tablePort: number): Promise<Result> {
  const env = {
    ...process.env,
    HKDIST_TABLE: "table",
    HKDIST_DIRECTORY_URL: "https://directory.example.com/",
    HKDIST_ARTIFACTS_URL: "https://artifacts.example.com/",
    AWS_ENDPOINT_URL_DYNAMODB: `http://127.0.0.1:${tablePort}`,
    AWS_REGION: "us-east-1",
    AWS_ACCESS_KEY_ID: "bench",
    AWS_SECRET_ACCESS_KEY: "bench",
  };
  const child = fork(new URL("handler-process.ts", import.meta.url), [bundle, what], { env });
  const [result] = (await once(child, "message")) as [Result];
  return result;
}

async function floorCpu(): Promise<Cpu> {
  const port = await server("floor-server.ts");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  for (let sent = 0; sent < REQUESTS; sent++) await ask(port, "/hk/current/linux-amd64.json", agent);
  return JSON.parse(await ask(port, "/measured", agent)) as Cpu;
}

async function readsOf(port: number): Promise<number> {
  return Number(await ask(port, "/reads"));
}

function ask(port: number, path: string, agent?: Agent): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host: "127.0.0.1", port, path, agent }, (response) => resolve(text(response))).on("error", reject);
  });
}
