import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { answer } from "../../../lambda/directory/routes.ts";
import { answer as register } from "../../../lambda/register/routes.ts";
import { openTable } from "../../../lambda/shared/table.ts";
import { type Answer, behindGateway, REQUEST_ID } from "../gateway.ts";
import { sha256 } from "../support.ts";

const TABLE = "table-of-secret-name";
const PATH = "/greet/current/linux-amd64.json";

/** What stands for DynamoDB says to its n-th request, from 0: a status and a document. */
type Said = (n: number) => [number, object];

const CURRENT = {
  Item: {
    cmd: { S: "greet" },
    revision: { N: "1" },
    // What is read as an artifact has these.
    version: { S: "1" },
    platform: { S: "linux-amd64" },
    sha256: { S: sha256(1) },
    platforms: { M: { "linux-amd64": { M: { version: { S: "1" }, sha256: { S: sha256(1) } } } } },
  },
};
const fault = (name: string): [number, object] => [
  name === "InternalServerError" ? 500 : 400,
  { __type: `com.amazonaws.dynamodb.v20120810#${name}`, message: `${TABLE} of 123456789012` },
];

const lines = vi.spyOn(process.stdout, "write");
const random = vi.spyOn(Math, "random");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
  // The SDK waits a random part of a while before it tries again.
  random.mockReturnValue(0.01);
  vi.stubEnv("AWS_REGION", "eu-west-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "none");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "none");
  vi.stubEnv("AWS_SESSION_TOKEN", undefined);
  vi.stubEnv("AWS_PROFILE", undefined);
  vi.stubEnv("AWS_MAX_ATTEMPTS", undefined);
  vi.stubEnv("AWS_RETRY_MODE", undefined);
});
afterEach(() => {
  vi.resetAllMocks();
  vi.unstubAllEnvs();
});

/** Asks the directory and the registry while something on loopback stands for DynamoDB. */
async function ask(said: Said): Promise<{ answers: Answer[]; requests: number[] }> {
  let asked = 0;
  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    const [status, document] = said(asked++);
    request.resume().on("end", () => {
      response.writeHead(status, { "content-type": "application/x-amz-json-1.0" });
      response.end(JSON.stringify(document));
    });
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  try {
    return await askAt(port, () => {
      const before = asked;
      asked = 0;
      return before;
    });
  } finally {
    server.closeAllConnections();
    await new Promise((closed) => server.close(closed));
  }
}

async function askAt(port: number, counted = () => 0) {
  vi.stubEnv("AWS_ENDPOINT_URL", `http://127.0.0.1:${port}`);
  const table = openTable(TABLE);
  const record = () => Promise.reject(new Error("asked"));
  const urls = { directoryUrl: "https://d.example/", artifactsUrl: "https://a.example/" };
  const reads = behindGateway((request) => answer({ table, ...urls }, request));
  const writes = behindGateway((request) => register({ table, record }, request));
  const options = { principal: "arn:aws:iam::123456789012:user/ada", body: '{"version":"1"}' };
  const answers: Answer[] = [];
  const requests: number[] = [];
  for (const one of [() => reads("GET", PATH), () => writes("PUT", PATH, options)]) {
    answers.push(await one());
    requests.push(counted());
  }
  table.documents.destroy();
  return { answers, requests };
}

function expectSorry(answers: Answer[], error: RegExp) {
  for (const { status, headers, body } of answers) {
    expect([status, headers["cache-control"]]).toEqual([503, "no-store"]);
    expect(headers["retry-after"]).toMatch(/^\d+$/);
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(JSON.stringify([headers, body])).not.toMatch(
      /secret|dynamo|throttl|exception|127\.0\.0\.1|123456789012|node_modules| at /i,
    );
  }
  const logged = lines.mock.calls.map(([text]) => JSON.parse(String(text)));
  expect(logged).toHaveLength(answers.length);
  for (const one of logged) {
    expect(one).toMatchObject({
      event: "failed",
      requestId: REQUEST_ID,
      error: expect.stringMatching(error),
    });
  }
}

describe("when the table", () => {
  it.each([
    ["ThrottlingException"],
    ["ProvisionedThroughputExceededException"],
    ["RequestLimitExceeded"],
    ["InternalServerError"],
  ])("goes on saying %s: 503 after a few tries", async (name) => {
    const { answers, requests } = await ask(() => fault(name));
    expectSorry(answers, new RegExp(name));
    for (const tries of requests) {
      expect(tries).toBeGreaterThan(1);
      expect(tries).toBeLessThan(10);
    }
  });

  it.each([
    ["AccessDeniedException"],
    ["ResourceNotFoundException"],
    ["ExpiredTokenException"],
  ])("says %s, which no second try mends: 503 at once", async (name) => {
    const { answers, requests } = await ask(() => fault(name));
    expectSorry(answers, new RegExp(name));
    expect(requests).toEqual([1, 1]);
  });

  it.each([
    "ThrottlingException",
    "ProvisionedThroughputExceededException",
  ])("says %s twice, and then answers: nobody notices", async (name) => {
    const { answers, requests } = await ask((n) => (n < 2 ? fault(name) : [200, CURRENT]));
    expect(answers[0]).toMatchObject({
      status: 200,
      body: `{"platform":"linux-amd64","version":"1","cmd":"greet","sha256":"${sha256(1)}"}\n`,
    });
    expect(answers[1]).toMatchObject({ status: 200, body: "ok\n" });
    expect(requests[0]).toBe(3);
    expect(lines).not.toHaveBeenCalled();
  });

  it.each<[string, Said]>([
    ["answers with something else", () => [200, ["no document"]]],
    ["breaks down", () => [500, {}]],
  ])("%s: never 500", async (_, said) => {
    const { answers } = await ask(said);
    for (const { status } of answers) expect([404, 422, 503]).toContain(status);
  });

  it("is not there at all: 503", async () => {
    const server = createServer();
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const { port } = server.address() as AddressInfo;
    await new Promise((closed) => server.close(closed));
    const { answers } = await askAt(port);
    expectSorry(answers, /ECONNREFUSED|socket|connect/i);
  });
});
