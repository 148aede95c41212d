import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Table } from "../../../lambda/shared/table.ts";
import { type Options, REQUEST_ID } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { directoryOf, ITEMS } from "./released.ts";

const ask = directoryOf(new MemoryTable(ITEMS));
const send = () => Promise.reject(new Error("secret detail"));
const broken = directoryOf({ name: "table-1", documents: { send } } as unknown as Table);

const ANYTHING: Options = { headers: { "If-None-Match": "*" } };
const MINUTE = "public, max-age=60, stale-if-error=86400";
const HOUR = "public, max-age=3600";

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());

describe("an answer may be kept as long as it is true", () => {
  it.each<[string, number, string, typeof ask, string, string, Options?]>([
    ["what is current", 200, MINUTE, ask, "GET", "/greet/current/linux-amd64.json"],
    ["the same for go-selfupdate", 200, MINUTE, ask, "GET", "/greet/linux-amd64.json"],
    ["a version's hash", 200, HOUR, ask, "GET", "/greet/20260101/linux-amd64.json"],
    ["the list", 200, MINUTE, ask, "GET", "/release.json"],
    ["the page", 200, MINUTE, ask, "GET", "/"],
    ["an installer", 200, MINUTE, ask, "GET", "/greet.sh"],
    ["what is current, again", 304, MINUTE, ask, "GET", "/greet/current/linux-amd64.json", ANYTHING],
    ["a version's hash, again", 304, HOUR, ask, "GET", "/greet/20260101/linux-amd64.json", ANYTHING],
    ["the list, again", 304, MINUTE, ask, "HEAD", "/release.json", ANYTHING],
    ["a redirect to a binary", 307, "no-store", ask, "GET", "/greet.gz"],
    ["a redirect to the clean path", 301, "no-store", ask, "GET", "//release.json"],
    ["what is not there yet", 404, "no-store", ask, "GET", "/greet/20260102/linux-amd64.json"],
    ["what is current nowhere", 404, "no-store", ask, "GET", "/greet/current/linux-arm.json"],
    ["a binary that is not there yet", 404, "no-store", ask, "GET", "/nope.gz"],
    ["an unknown path", 404, "no-store", ask, "GET", "/nope"],
    ["a wrong method", 404, "no-store", ask, "POST", "/release.json"],
    ["a failure", 503, "no-store", broken, "GET", "/release.json"],
  ])("%s: %i %s", async (_, status, caching, client, method, path, options) => {
    const answer = await client(method, path, options);
    expect(answer.status).toBe(status);
    expect(answer.headers["cache-control"]).toBe(caching);
    expect(answer.headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
    expect(answer.headers["content-type"] === undefined).toBe(status === 304);
  });
});

describe("when the table does not answer", () => {
  it.each([
    "/",
    "/release.json",
    "/greet.gz",
    "/greet.sh",
    "/greet/current/linux-amd64.json",
    "/greet/1/linux-amd64.json",
  ])("%s is 503 with a plain line, and the cause is in one line of the log", async (path) => {
    const { status, headers, body } = await broken("GET", path);
    expect([status, headers["content-type"]]).toEqual([503, "text/plain; charset=utf-8"]);
    expect(headers["retry-after"]).toMatch(/^\d+$/);
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(JSON.stringify([headers, body])).not.toMatch(/secret|table-1/);
    expect(lines).toHaveBeenCalledOnce();
    expect(JSON.parse(String(lines.mock.lastCall?.[0]))).toMatchObject({
      event: "failed",
      requestId: REQUEST_ID,
      method: "GET",
      path,
      error: "Error: secret detail",
      stack: expect.stringContaining("secret detail"),
    });
  });

  it("unknown paths and names outside the limits are 404 as ever", async () => {
    for (const path of ["/no.pe", "/gr_eet/current/linux-amd64.json"]) {
      expect((await broken("GET", path)).status).toBe(404);
    }
  });
});
