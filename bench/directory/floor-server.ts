// The floor: the least that a Node server does to answer `current` from memory. It measures its own CPU.
import { createServer } from "node:http";
import { CpuMeter } from "./cpu-meter.ts";
import { CURRENT } from "./data.ts";

const meter = new CpuMeter();
const platforms = new Map(Object.entries(CURRENT.platforms));

const server = createServer((request, response) => {
  if (request.url === "/measured") {
    response.end(JSON.stringify(meter.result()));
    return;
  }
  meter.tick();
  const [, cmd, platform = ""] = /^\/([\w-]+)\/current\/([\w-]+)\.json$/.exec(request.url ?? "") ?? [];
  const found = cmd === CURRENT.cmd ? platforms.get(platform) : undefined;
  if (found === undefined) {
    response.writeHead(404).end();
    return;
  }
  const { version, sha256 } = found;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(`${JSON.stringify({ platform, version, cmd, sha256 })}\n`);
});

server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  if (typeof address === "object" && address) process.send?.(address.port);
});
process.on("disconnect", () => process.exit());
