// Loaded into the process of every function of the local AWS, before the function: carries out the orders of the folder
// HKDIST_FAULTS. The function's own code is what is deployed, and knows nothing of it.
import { existsSync, writeFileSync } from "node:fs";
import http from "node:http";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import readline from "node:readline";
import { dueMoment, type Moment, type Order, ordersIn, sayDone } from "./order.ts";

const folder = process.env["HKDIST_FAULTS"] ?? "";
const proxyPort = process.env["HKDIST_FAULTS_PROXY"] ?? "";
/** Milliseconds; who holds a process and forgets it must not block the server for ever. */
const LONGEST_HOLD = 30_000;

/** The worker's answer to a call, as MiniStack's script writes it. */
const DONE = /^\{"status":"(ok|error)"/;

/** The first order that is due: one moment has one fault. */
function due(at: Moment): Order | undefined {
  if (!existsSync(folder)) return undefined;
  const name = process.env["AWS_LAMBDA_FUNCTION_NAME"] ?? "";
  for (const order of ordersIn(folder)) {
    if (order.at !== at || !name.includes(`-${order.step}Function`)) continue;
    const moment = dueMoment(folder, order);
    if (moment === undefined) continue;
    sayDone(folder, order, moment);
    return order;
  }
  return undefined;
}

/** Kills or holds. @returns another order that is due */
function obey(at: Moment): Order | undefined {
  const order = due(at);
  if (order?.act === "kill") process.kill(process.pid, "SIGKILL");
  if (order?.act !== "hold") return order;
  writeFileSync(join(folder, `${order.id}.held`), "");
  const end = Date.now() + LONGEST_HOLD;
  while (!existsSync(join(folder, `${order.id}.go`)) && Date.now() < end) {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
  return undefined;
}

const createInterface = readline.createInterface;
readline.createInterface = ((...args: Parameters<typeof createInterface>) => {
  const lines = createInterface(...args);
  const on = lines.on.bind(lines);
  let number = 0;
  lines.on = ((name: string, listener: (text: string) => void) =>
    on(name as "line", (text: string) => {
      // The first line sets the worker up, each one after it is a call.
      if (name !== "line" || ++number === 1) return listener(text);
      const order = obey("start");
      if (order?.act === "swallow") {
        const call = JSON.parse(text) as { event: { Records?: unknown[] } };
        const file = join(folder, `${order.id}.event.${Date.now()}.${process.pid}`);
        writeFileSync(file, JSON.stringify(call.event));
        return listener(JSON.stringify({ ...call, event: { Records: [] } }));
      }
      listener(text);
    })) as typeof lines.on;
  return lines;
}) as typeof createInterface;

const write = process.stdout.write.bind(process.stdout);
process.stdout.write = ((chunk: string | Uint8Array, ...rest: never[]) => {
  if (typeof chunk === "string" && DONE.test(chunk)) obey("end");
  return write(chunk, ...rest);
}) as typeof process.stdout.write;

const request = http.request;
http.request = ((options: http.RequestOptions, listener?: (answer: http.IncomingMessage) => void) => {
  const order = obey("request");
  if (order !== undefined) {
    const headers = { ...(options.headers as http.OutgoingHttpHeaders), "hkdist-fault": order.act };
    return request({ ...options, port: proxyPort, headers, agent: false }, listener);
  }
  return request(options, (answer) => {
    obey("answer");
    listener?.(answer);
  });
}) as typeof http.request;
syncBuiltinESMExports();
