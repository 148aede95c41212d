import type { Context } from "aws-lambda";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type HttpRequest, line } from "../../../lambda/shared/http/message.ts";
import { serve } from "../../../lambda/shared/http/serve.ts";
import { behindGateway, eventOf, REQUEST_ID } from "../gateway.ts";

const ADA = "arn:aws:iam::123456789012:user/ada";

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());

/** What the routes see. */
async function seen(...asked: Parameters<typeof eventOf>): Promise<HttpRequest> {
  const requests: HttpRequest[] = [];
  await behindGateway(async (request) => {
    requests.push(request);
    return line(200, "ok");
  })(...asked);
  const [request] = requests;
  if (request === undefined) throw new Error("the routes were not asked");
  return request;
}

describe("the routes see", () => {
  it("what was asked", async () => {
    const headers = { "User-Agent": "curl/8.5.0" };
    const request = await seen("PUT", "/a%2Fb%2525?c=%2F&c=2&d", { headers, body: "{}", principal: ADA });
    expect(request).toMatchObject({
      method: "PUT",
      path: "/a/b%2525",
      headers: { "user-agent": "curl/8.5.0" },
      principal: ADA,
    });
    expect([...request.query]).toEqual([
      ["c", "/"],
      ["c", "2"],
      ["d", ""],
    ]);
  });

  it("no query, body or principal when there is none", async () => {
    const { query, body, principal } = await seen("GET", "/");
    expect([query.size, body.length, principal]).toEqual([0, 0, undefined]);
  });

  it.each([
    ["text", "grüße\n"],
    ["bytes", Buffer.from([0, 255, 10, 128])],
  ])("the body's %s", async (_, body) => {
    expect((await seen("PUT", "/", { body })).body).toEqual(Buffer.from(body));
  });

  it("no principal by any other authorizer", async () => {
    for (const authorizer of [{}, { iam: {} }, { jwt: { claims: { sub: ADA }, scopes: [] } }]) {
      const event = eventOf("PUT", "/");
      const requestContext = { ...event.requestContext, authorizer } as typeof event.requestContext;
      const answer = vi.fn(async ({ principal }: HttpRequest) => line(200, String(principal)));
      expect(await serve(answer)({ ...event, requestContext })).toMatchObject({ body: "undefined\n" });
    }
  });
});

describe("an answer", () => {
  it.each([
    "grüße\n",
    Buffer.from([0, 255, 10, 128]),
    "",
    Buffer.alloc(0),
  ])("arrives as it is: %j", async (body) => {
    const { status, bytes } = await behindGateway(async () => ({ status: 200, headers: {}, body }))(
      "GET",
      "/",
    );
    expect(status).toBe(200);
    expect(bytes).toEqual(Buffer.from(body));
  });

  const filler: [string, (length: number) => string | Buffer, number][] = [
    ["letters", (length) => "x".repeat(length), 1],
    ["quotes, which are escaped", (length) => '"'.repeat(length), 2],
    ["letters of two bytes", (length) => "ü".repeat(length), 2],
    ["zero bytes, which are escaped", (length) => "\0".repeat(length), 6],
  ];
  it.each(filler)("may be 5,000,000 bytes on the wire, and no more: %s", async (_, bodyOf, width) => {
    const resultOf = (body: string | Buffer) =>
      serve(async () => ({ status: 200, headers: {}, body }))(eventOf("GET", "/"));
    const frame = JSON.stringify(await resultOf("")).length;
    const most = Math.floor((5_000_000 - frame) / width);
    expect(await resultOf(bodyOf(most))).toMatchObject({ statusCode: 200 });
    expect(lines).not.toHaveBeenCalled();

    const tooLarge = await resultOf(bodyOf(most + 1));
    expect(tooLarge).toMatchObject({
      statusCode: 503,
      headers: { "cache-control": "no-store", "x-content-type-options": "nosniff" },
    });
    expect(tooLarge.body?.length).toBeLessThan(1000);
    expect(lines).toHaveBeenCalledOnce();
    expect(JSON.parse(String(lines.mock.lastCall?.[0]))).toMatchObject({
      event: "answer-too-large",
      requestId: REQUEST_ID,
    });
  });

  it("of bytes is counted as the base64 that it becomes", async () => {
    const status = async (length: number) => {
      const body = Buffer.alloc(length);
      return (await behindGateway(async () => ({ status: 200, headers: {}, body }))("GET", "/")).status;
    };
    expect([await status(3_700_000), await status(3_800_000)]).toEqual([200, 503]);
  });
});

describe("whatever the routes throw is 503 and one line in the log", () => {
  it.each([
    ["an error", new Error("secret")],
    ["an error without a stack", Object.assign(new Error("secret"), { stack: undefined })],
    ["a text", "secret"],
    ["nothing", undefined],
    ["null", null],
  ])("%s", async (_, thrown) => {
    const { status, headers, body } = await behindGateway(() => Promise.reject(thrown))("GET", "/a");
    expect([status, headers["retry-after"], headers["x-frame-options"]]).toEqual([503, "5", "DENY"]);
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(body).not.toContain("secret");
    expect(lines).toHaveBeenCalledOnce();
    expect(JSON.parse(String(lines.mock.lastCall?.[0]))).toMatchObject({
      event: "failed",
      requestId: REQUEST_ID,
      method: "GET",
      path: "/a",
    });
  });

  it("also when they throw at once", async () => {
    const { status } = await behindGateway(() => {
      throw new Error("secret");
    })("GET", "/");
    expect(status).toBe(503);
  });
});

describe("an answer that takes too long", () => {
  it("is 503 before the function's time is over", async () => {
    const handler = serve(() => new Promise(() => {}));
    const context = { getRemainingTimeInMillis: () => 1050 } as Context;
    const answer = await handler(eventOf("GET", "/"), context);
    expect(answer).toMatchObject({ statusCode: 503, headers: { "retry-after": "5" } });
    expect(String(lines.mock.lastCall?.[0])).toContain("no answer within 50 ms");
  });

  it("does not keep an answer in time waiting", async () => {
    const handler = serve(async () => line(200, "ok"));
    const context = { getRemainingTimeInMillis: () => 15_000 } as Context;
    expect(await handler(eventOf("GET", "/"), context)).toMatchObject({ statusCode: 200 });
  });
});

describe("a redirect", () => {
  const moved = (method: string, target: string) =>
    behindGateway(async () => line(404, "not asked"))(method, target);

  it("has a link for people, and the headers of every answer", async () => {
    const { status, headers, body } = await moved("GET", "//a?b&c");
    expect([status, headers["location"]]).toEqual([301, "/a?b&c"]);
    expect(body).toContain('href="/a?b');
    expect(headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
  });

  it.each([
    ["umlauts", "ü"],
    ["letters of Japan", "日本"],
    ["half a letter", "\uD800"],
    ["line ends", "\r\nSet-Cookie: a=b"],
    ["a zero byte", "\0"],
    ["a tab", "\t"],
    ["a blank", "a b"],
    ["markup", '"><script>alert(1)</script>'],
  ])("with %s in the query holds only what a header and a page may", async (_, query) => {
    const { status, headers, body } = await moved("GET", `//a?${query}`);
    expect(status).toBe(301);
    expect(headers["location"]).toMatch(/^\/a\?[!-~]+$/);
    expect(headers["location"]).not.toMatch(/["<>]/);
    expect(body).not.toMatch(/<script>/);
    expect(Object.keys(headers)).not.toContain("set-cookie");
  });

  it.each([
    "%20",
    "%25",
    "%2525",
    "%",
    "%%",
    "%zz",
    "a=b&c=d",
    "a+b",
    "[]",
    "!$'()*,;:@/?-._~",
  ])("keeps a query as it was: %s", async (query) => {
    const { headers } = await moved("GET", `//a?${query}`);
    expect(headers["location"]).toMatch(/^\/a\?[!-~]+$/);
    const read = (text = "") => [...new URL(text, "https://a.example").searchParams];
    expect(read(headers["location"])).toEqual(read(`/a?${query}`));
  });

  it("has no body for HEAD", async () => {
    expect(await moved("HEAD", "//a")).toMatchObject({ status: 301, body: "" });
  });
});
