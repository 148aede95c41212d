// Imports the deployed bundle as Lambda does, and asks it. Arguments: the bundle, and what to measure.
import { pathToFileURL } from "node:url";
import type { APIGatewayProxyStructuredResultV2 } from "aws-lambda";
import type { GatewayEvent } from "../../lambda/shared/http/message.ts";
import { CpuMeter } from "./cpu-meter.ts";
import { CURRENT } from "./data.ts";

type Handler = (event: GatewayEvent) => Promise<APIGatewayProxyStructuredResultV2>;

const [bundle = "", what = ""] = process.argv.slice(2);
const REQUESTS = 10_000;

const started = performance.now();
const { handler } = (await import(pathToFileURL(bundle).href)) as { handler: Handler };
const importMilliseconds = performance.now() - started;

const event = (path: string, headers: Record<string, string>) =>
  ({
    version: "2.0",
    routeKey: "$default",
    rawPath: path,
    rawQueryString: "",
    headers: { host: "directory.example.com", "user-agent": "Go-http-client/1.1", ...headers },
    requestContext: { http: { method: "GET", path }, requestId: "bench", stage: "$default" },
    isBase64Encoded: false,
  }) as unknown as GatewayEvent;

process.send?.(await measure());
process.exit();

async function measure(): Promise<unknown> {
  if (what === "import") return { importMilliseconds };
  if (what === "current") {
    const meter = new CpuMeter();
    const asked = event("/hk/current/linux-amd64.json", { "accept-encoding": "gzip" });
    let answer: APIGatewayProxyStructuredResultV2 = {};
    for (let sent = 0; sent < REQUESTS; sent++) {
      meter.tick();
      answer = await handler(asked);
    }
    return { cpu: meter.result(), status: answer.statusCode, bytes: answer.body?.length };
  }
  if (what === "routes") return routes();
  if (what === "sdk") return sdk();
  const asked = event("/release.json", what === "release.json.gz" ? { "accept-encoding": "gzip" } : {});
  await handler(asked);
  const before = process.cpuUsage();
  const start = performance.now();
  const answer = await handler(asked);
  const { user, system } = process.cpuUsage(before);
  const sent = answer.isBase64Encoded
    ? Buffer.from(answer.body ?? "", "base64")
    : Buffer.from(answer.body ?? "");
  return {
    status: answer.statusCode,
    bytes: sent.length,
    encodedBytes: JSON.stringify(answer).length,
    milliseconds: performance.now() - start,
    cpuMilliseconds: (user + system) / 1000,
  };
}

/** The same code without the table's client: the item is there at once. */
async function routes(): Promise<unknown> {
  const { serve } = await import("../../lambda/shared/http/serve.ts");
  const { answer } = await import("../../lambda/directory/routes.ts");
  const send = async () => ({ Item: CURRENT });
  const table = { name: "table", documents: { send } } as never;
  const directoryUrl = "https://directory.example.com/";
  const artifactsUrl = "https://artifacts.example.com/";
  const answerHere = serve((request) => answer({ table, directoryUrl, artifactsUrl }, request));
  const meter = new CpuMeter();
  const asked = event("/hk/current/linux-amd64.json", { "accept-encoding": "gzip" });
  for (let sent = 0; sent < REQUESTS; sent++) {
    meter.tick();
    await answerHere(asked);
  }
  return { cpu: meter.result() };
}

/** What the read of the table costs by itself: the same client, the same item, nothing else. */
async function sdk(): Promise<unknown> {
  const { openTable } = await import("../../lambda/shared/table.ts");
  const { getCurrent } = await import("../../lambda/shared/current.ts");
  const table = openTable("table");
  const meter = new CpuMeter();
  for (let sent = 0; sent < REQUESTS; sent++) {
    meter.tick();
    await getCurrent(table, "hk", { consistent: false });
  }
  return { cpu: meter.result() };
}
