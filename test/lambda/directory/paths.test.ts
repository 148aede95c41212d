import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ask } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { directoryOf, ITEMS, NOT_FOUND } from "./released.ts";

let table: MemoryTable;
let ask: Ask;

beforeEach(() => {
  table = new MemoryTable(ITEMS);
  ask = directoryOf(table);
});
afterEach(() => {
  expect(table.reads).toEqual([]);
  expect(table.written).toEqual([]);
});

describe("unknown paths and methods are 404 and never reach the table", () => {
  it.each([
    ["GET", "/gr_eet"],
    ["GET", "/gr_eet/"],
    ["GET", "/release.json/"],
    ["GET", "/Release.json"],
    ["GET", "/index.html"],
    ["GET", "/favicon.ico"],
    ["GET", "/robots.txt"],
    ["GET", "/.well-known/security.txt"],
    ["GET", "/greet/current/linux-amd64.json/"],
    ["GET", "/greet/20260131.2/linux-amd64.json/x"],
    ["GET", "/x/greet/current/linux-amd64.json"],
    ["GET", `/${"greet/".repeat(1000)}`],
    ["POST", "/"],
    ["POST", "/release.json"],
    ["PUT", "/greet/current/linux-amd64.json"],
    ["PUT", "/greet/20260131.2/linux-amd64.json"],
    ["DELETE", "/greet/current/linux-amd64.json"],
    ["PATCH", "/greet/20260131.2/linux-amd64.json"],
    ["OPTIONS", "/greet/current/linux-amd64.json"],
    ["TRACE", "/"],
    ["POST", "/greet.gz"],
    ["get", "/release.json"],
  ])("%s %s", async (method, path) => {
    const principal = "arn:aws:iam::123456789012:user/ada";
    for (const options of [{}, { principal, body: '{"version":"20260131.2"}' }]) {
      expect(await ask(method, path, options)).toMatchObject({ status: 404, body: NOT_FOUND });
    }
  });
});

// Permissions go by path, so a path has one spelling. The gateway decodes once: what is still encoded was so twice.
describe("another spelling of a path is 404", () => {
  it.each([
    "/greet/curren%2574/linux-amd64.json",
    "/gree%2574/current/linux-amd64.json",
    "/greet/current/linux%252Damd64.json",
    "/greet%252Fcurrent%252Flinux-amd64.json",
    "/greet/2026013%2531.2/linux-amd64.json",
    "/gree%2574.gz",
    "/release%252Ejson",
    "/%2572elease.json",
    "/release.json%20",
    "/release.json%00",
    "/greet/20260131.2/linux-amd64.json%",
    "/greet/20260131.2/linux-amd64.json%25",
    "/greet/20260131.2/linux-amd64.json~",
    "/greet/20260131.2/linux-amd64.json;v=1",
    "/greet/20260131.2/@linux-amd64.json",
    "/gr*et/20260131.2/linux-amd64.json",
    "/greet\\current\\linux-amd64.json",
    "/greet/cur%09rent/linux-amd64.json",
    "/greet/current/linux-amd64.json%3Fx=y",
    "/greet/current/linux-amd64.json%23x",
    "greet/current/linux-amd64.json",
    "https://directory.example.com/release.json",
  ])("%s", async (path) => {
    const headers = { "User-Agent": "Linux x86_64" };
    expect(await ask("GET", path, { headers })).toMatchObject({ status: 404, body: NOT_FOUND });
  });
});

describe("a path with empty or dot segments is redirected to the clean one", () => {
  it.each([
    ["//", "/"],
    ["///", "/"],
    ["//greet/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/greet//current///linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/release.json//", "/release.json/"],
    ["//example.com/", "/example.com/"],
    ["/%2Fexample.com/", "/example.com/"],
    ["//gr_eet", "/gr_eet"],
    ["/hk/../greet/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/hk/%2e%2e/greet/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/hk/.%2E/greet/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/hk%2F..%2Frelease.json", "/release.json"],
    ["/greet/%2e/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["//release.json?a=b&c=%2F//d", "/release.json?a=b&c=%2F//d"],
    ["/./release.json?a?b", "/release.json?a?b"],
    ["/greet//current/linux-amd64.json?", "/greet/current/linux-amd64.json"],
  ])("%s -> %s", async (target, clean) => {
    const answer = await ask("GET", target);
    expect([answer.status, answer.headers["location"]]).toEqual([301, clean]);
  });

  it.each(["POST", "PUT", "DELETE", "OPTIONS"])("with any method: %s", async (method) => {
    expect(await ask(method, "//release.json")).toMatchObject({
      status: 301,
      headers: { location: "/release.json" },
    });
  });

  // A browser takes `\` for `/` and drops tabs and line ends, so these would lead it to another host.
  it.each([
    "//%5Cexample.com/",
    "/..//%5Cexample.com/",
    "//%09/example.com/",
    "//%0A/example.com/",
    "//%0D%0ASet-Cookie:%20a=b",
    "//gr%C3%BC%C3%9Fe",
    "//gree%2574",
    "/greet//current/linux%252Damd64.json",
    "//user@example.com/",
    "//example.com:80/",
  ])("but %s is no path of ours, and is not", async (target) => {
    const answer = await ask("GET", target);
    expect(answer).toMatchObject({ status: 404, body: NOT_FOUND });
    expect(answer.headers).not.toHaveProperty("location");
  });

  const HOST = "https://directory.example.com";
  it.each([
    "//release.json?%0D%0ASet-Cookie:%20a=b",
    "//?//example.com/",
    "//?%5C%5Cexample.com",
    "/.?@example.com",
    "/..//../?/../",
  ])("%s stays on this host", async (target) => {
    const { status, headers } = await ask("GET", target);
    expect(status).toBe(301);
    expect(new URL(headers["location"] ?? "", HOST).origin).toBe(HOST);
    expect(headers).not.toHaveProperty("set-cookie");
  });
});
