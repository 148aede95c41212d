import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** What a link is like, in the direction to the client. */
export interface Link {
  /** Bits a second; infinite for none of its own. */
  speed: number;
  /** Milliseconds there and back. A new connection takes two round trips (TCP, TLS 1.3), a request one. */
  roundTrip: number;
}

interface Answer {
  status: number;
  headers: [string, string][];
  body: Buffer;
}

/** Bytes that go over the link at once: eight packets or so. */
const PIECE = 12_000;

/**
 * Two hosts behind one link, for a client that is told their URLs: what they answer is fetched once and then comes from
 * here, so that the link is all that a client waits for.
 */
export class SlowLink {
  link: Link = { speed: Number.POSITIVE_INFINITY, roundTrip: 0 };
  /** Paths that are answered as if nothing were there. */
  missing = /^$/;
  /** Since they were last set to 0: requests, and bytes of bodies. */
  requests = 0;
  bytes = 0;

  private readonly answers = new Map<string, Promise<Answer>>();
  private readonly connected = new WeakSet<Socket>();
  private readonly servers: Server[] = [];
  /** When the link is free again: one piece follows another, whatever response it is of. */
  private free = 0;

  /** @param upstream of a host, ending in a slash @returns its URL here, ending in a slash */
  async serve(upstream: () => string): Promise<string> {
    const server = createServer((request, response) => {
      this.answer(upstream(), request, response).catch((error: unknown) => {
        response.destroy(error as Error);
      });
    });
    this.servers.push(server);
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }

  close(): void {
    for (const server of this.servers) {
      server.close();
      server.closeAllConnections();
    }
  }

  private async answer(upstream: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "/").slice(1);
    const isNew = !this.connected.has(request.socket);
    this.connected.add(request.socket);
    await sleep(this.link.roundTrip * (isNew ? 3 : 1));
    const { status, headers, body } = this.missing.test(path)
      ? { status: 404, headers: [], body: Buffer.from("Not found.\n") }
      : await this.fetched(upstream + path);
    this.requests++;
    this.bytes += body.length;
    response.writeHead(status, [...headers.flat(), "content-length", String(body.length)]);
    for (let at = 0; at < body.length; at += PIECE) {
      const piece = body.subarray(at, at + PIECE);
      this.free = Math.max(this.free, performance.now()) + (piece.length * 8000) / this.link.speed;
      const wait = this.free - performance.now();
      // A timer is a millisecond late; the next piece makes up for it.
      if (wait > 1) await sleep(wait);
      response.write(piece);
    }
    response.end();
  }

  private fetched(url: string): Promise<Answer> {
    const known = this.answers.get(url);
    if (known !== undefined) return known;
    const answer = fetch(url, { headers: { "accept-encoding": "identity" } }).then(async (got) => ({
      status: got.status,
      headers: [...got.headers].filter(([name]) => /^(content-type|cache-control|etag)$/.test(name)),
      body: Buffer.from(await got.arrayBuffer()),
    }));
    this.answers.set(url, answer);
    return answer;
  }
}
