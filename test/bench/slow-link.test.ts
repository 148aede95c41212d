import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SlowLink } from "../../bench/update/slow-link.ts";

const BODY = Buffer.alloc(50_000, "some bytes ");
let asked = 0;
const upstream = createServer((request, response) => {
  asked++;
  response.statusCode = request.url === "/files/gone" ? 404 : 200;
  response.setHeader("content-type", "application/gzip").end(BODY);
});
const link = new SlowLink();
let url = "";

beforeAll(async () => {
  await new Promise<void>((listening) => upstream.listen(0, "127.0.0.1", listening));
  const { port } = upstream.address() as AddressInfo;
  url = await link.serve(() => `http://127.0.0.1:${port}/files/`);
});
afterAll(() => {
  link.close();
  upstream.close();
});

async function got(path: string): Promise<[status: number, type: string | null, body: Buffer]> {
  const response = await fetch(url + path);
  return [response.status, response.headers.get("content-type"), Buffer.from(await response.arrayBuffer())];
}

test("answers come as they are, are fetched once and counted each time", async () => {
  link.link = { speed: 80e6, roundTrip: 0 };
  const [first, second] = await Promise.all([got("one"), got("one")]);
  expect(first).toEqual([200, "application/gzip", BODY]);
  expect(second).toEqual(first);
  expect(asked).toBe(1);
  expect([link.requests, link.bytes]).toEqual([2, 2 * BODY.length]);
  expect((await got("gone"))[0]).toBe(404);
});

test("two answers share the link, after the round trips of a new connection: they come no sooner", async () => {
  link.link = { speed: 4e6, roundTrip: 20 };
  const started = performance.now();
  await Promise.all([got("one"), got("one")]);
  // 800,000 bits at 4 Mbit/s. The link is known to be slow, never to be fast: other work may delay it.
  expect(performance.now() - started).toBeGreaterThan(200 + 20 - 5);
});

test("what is to be missing is not asked for", async () => {
  link.missing = /^patch\//;
  const before = asked;
  expect((await got("patch/1"))[0]).toBe(404);
  expect((await got("full"))[0]).toBe(200);
  expect(asked).toBe(before + 1);
});
