import { connect } from "node:net";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

/** An answer as it came over the wire; header names in lower case. */
export interface Answer {
  status: number;
  headers: Record<string, string>;
  /** Unpacked. */
  body: string;
  /** The body as it came. */
  bytes: Buffer;
}

/**
 * Sends a request byte for byte as given, over a connection of its own: clients and libraries would tidy the path up.
 * @param url of the server
 * @param target method and path, as in the request line
 * @param headers as sent; Host, Connection and Content-Length are added
 * @throws Error when what comes back is no HTTP
 */
export async function send(
  url: URL,
  target: { method: string; path: string },
  headers: [string, string][] = [],
  body: Buffer = Buffer.alloc(0),
): Promise<Answer> {
  const socket = connect({ host: url.hostname, port: Number(url.port) });
  socket.setTimeout(15_000, () => socket.destroy(new Error(`no answer to ${target.method} ${target.path}`)));
  const sent: [string, string][] = [["Host", url.host], ["Connection", "close"], ...headers];
  if (body.length > 0 || target.method === "PUT" || target.method === "POST") {
    sent.push(["Content-Length", String(body.length)]);
  }
  const lines = [
    `${target.method} ${target.path} HTTP/1.1`,
    ...sent.map(([name, value]) => `${name}: ${value}`),
  ];
  socket.write(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), body]));
  return parse(await buffer(socket));
}

function parse(all: Buffer): Answer {
  // 100 Continue comes before the answer.
  const raw = /^HTTP\/1\.\d 1\d\d/.test(all.toString("latin1", 0, 12))
    ? all.subarray(all.indexOf("\r\n\r\n") + 4)
    : all;
  const end = raw.indexOf("\r\n\r\n");
  const [first = "", ...lines] = raw.toString("latin1", 0, end).split("\r\n");
  const status = /^HTTP\/1\.\d (\d{3})/.exec(first)?.[1];
  if (end < 0 || status === undefined) {
    throw new Error(`not an HTTP answer: ${JSON.stringify(raw.toString("latin1", 0, 200))}`);
  }
  const headers: Record<string, string> = {};
  for (const line of lines) {
    const colon = line.indexOf(":");
    headers[line.slice(0, colon).toLowerCase()] = line.slice(colon + 1).trim();
  }
  const rest = raw.subarray(end + 4);
  const bytes = headers["transfer-encoding"] ? unchunked(rest) : rest;
  const unpacked = headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes;
  return { status: Number(status), headers, body: unpacked.toString("utf8"), bytes };
}

function unchunked(body: Buffer): Buffer {
  const chunks: Buffer[] = [];
  for (let at = 0; ; ) {
    const lineEnd = body.indexOf("\r\n", at);
    const size = Number.parseInt(body.toString("latin1", at, lineEnd), 16);
    if (!size) return Buffer.concat(chunks);
    chunks.push(body.subarray(lineEnd + 2, lineEnd + 2 + size));
    at = lineEnd + 4 + size;
  }
}
