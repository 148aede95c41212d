import { writeFileSync } from "node:fs";
import {
  createServer,
  type IncomingMessage,
  type RequestOptions,
  request,
  type Server,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import type { RequestAct } from "./order.ts";

/** Milliseconds: longer than the table's client waits for an answer. */
const SLOW = 3000;

/**
 * Stands between a function and the local AWS for the requests that are to meet a fault:
 * fail and throttle answer as a service in trouble does; reset hangs up at once; slow waits first; lose lets the request
 * be done and hangs up instead of answering; cut hangs up in the middle of the answer.
 * A request that names no fault is an upload of a build: half of it is handed on, then nothing any more.
 */
export class FaultProxy {
  private readonly server: Server;
  private readonly reached: string;
  private target: URL | undefined;

  /** @param reached this file appears when half of an upload has been handed on */
  constructor(reached: string) {
    this.reached = reached;
    this.server = createServer((incoming, outgoing) => {
      this.serve(incoming, outgoing).catch(() => outgoing.destroy());
    });
  }

  /** @returns its port */
  async start(): Promise<number> {
    await new Promise<void>((listening) => this.server.listen(0, "127.0.0.1", listening));
    return (this.server.address() as AddressInfo).port;
  }

  forwardTo(endpointUrl: string): void {
    this.target = new URL(endpointUrl);
  }

  stop(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  private async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const act = incoming.headers["hkdist-fault"] as RequestAct | undefined;
    if (act === undefined) return this.handOnHalf(incoming);
    if (act === "reset") return void outgoing.destroy();
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    if (act === "fail" || act === "throttle") return answerInTrouble(act, incoming, outgoing);
    if (act === "slow") await sleep(SLOW);
    const { status, headers, body } = await this.forward(incoming, Buffer.concat(chunks));
    if (act === "lose") return void outgoing.destroy();
    outgoing.writeHead(status, headers);
    if (act === "slow") return void outgoing.end(body);
    outgoing.write(body.subarray(0, Math.floor(body.length / 2)), () => outgoing.destroy());
  }

  /** The rest never comes, whether the sender lives on or not. */
  private handOnHalf(incoming: IncomingMessage): void {
    const { hostname, port } = this.target as URL;
    const { url: path, method, headers } = incoming;
    const outgoing = request({ hostname, port, path, method, headers, agent: false } as RequestOptions);
    outgoing.on("error", () => {});
    incoming.on("close", () => outgoing.destroy());
    const whole = Number(headers["content-length"] ?? 0);
    let handedOn = 0;
    incoming.on("data", (chunk: Buffer) => {
      if (handedOn > 0) return;
      const half = chunk.subarray(0, Math.max(1, Math.floor(whole / 2)));
      handedOn = half.length;
      outgoing.write(half, () => writeFileSync(this.reached, ""));
    });
  }

  private forward(incoming: IncomingMessage, sent: Buffer) {
    const { "hkdist-fault": _, connection: _connection, ...headers } = incoming.headers;
    const { hostname, port } = this.target as URL;
    return new Promise<{ status: number; headers: IncomingMessage["headers"]; body: Buffer }>(
      (done, fail) => {
        const options = {
          hostname,
          port,
          path: incoming.url,
          method: incoming.method,
          headers,
          agent: false,
        };
        const outgoing = request(options as RequestOptions, async (answer) => {
          const chunks: Buffer[] = [];
          for await (const chunk of answer) chunks.push(chunk as Buffer);
          const { "transfer-encoding": _encoding, ...kept } = answer.headers;
          done({ status: answer.statusCode ?? 500, headers: kept, body: Buffer.concat(chunks) });
        });
        outgoing.on("error", fail);
        outgoing.end(sent);
      },
    );
  }
}

/** As DynamoDB and SQS (JSON) or S3 (XML) say it. */
function answerInTrouble(
  act: "fail" | "throttle",
  { headers }: IncomingMessage,
  outgoing: ServerResponse,
): void {
  if (headers["x-amz-target"] !== undefined) {
    const [status, type] = act === "fail" ? [500, "InternalServerError"] : [400, "ThrottlingException"];
    outgoing.writeHead(status as number, { "content-type": "application/x-amz-json-1.0" });
    outgoing.end(JSON.stringify({ __type: type, message: "an injected fault" }));
    return;
  }
  const [status, code] = act === "fail" ? [500, "InternalError"] : [503, "SlowDown"];
  outgoing.writeHead(status as number, { "content-type": "application/xml" });
  outgoing.end(`<Error><Code>${code}</Code><Message>an injected fault</Message></Error>`);
}
