import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ask } from "../gateway.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";
import { ADA, noRecorder, registryOf } from "./registry.ts";

const ARTIFACT = "/greet/20260131/linux-amd64.json";
const CURRENT = "/greet/current/linux-amd64.json";
const HASH = sha256(1);
const BODY = JSON.stringify({ version: "20260131", sha256: HASH });

let table: MemoryTable;
let record: ReturnType<typeof noRecorder>;
let ask: Ask;

beforeEach(() => {
  table = new MemoryTable([artifactItem(artifact("greet", "20260131", "linux-amd64", HASH))]);
  record = noRecorder();
  ask = registryOf(table, record);
});
afterEach(() => {
  expect(table.reads).toEqual([]);
  expect(table.written).toEqual([]);
  expect(record).not.toHaveBeenCalled();
});

const put = (path: string, body: string | Buffer = BODY, principal: string | undefined = ADA) =>
  ask("PUT", path, { body, principal });

describe("without a signature everything is 403", () => {
  it.each([
    ["PUT", ARTIFACT],
    ["PUT", CURRENT],
    ["PUT", `${CURRENT}?force=true`],
    ["PUT", "/gr_eet/current/linux-amd64.json"],
    ["PUT", "/nope"],
    ["GET", ARTIFACT],
    ["POST", "/"],
  ])("%s %s", async (method, target) => {
    for (const body of [BODY, "no JSON"]) {
      const answer = await ask(method, target, { body });
      expect(answer.status).toBe(403);
      expect(answer.body).toMatch(/^forbidden: [^\n]+\n$/);
    }
  });
});

describe("a path that names nothing is 404", () => {
  it.each([
    ["PUT", "/"],
    ["PUT", "/greet"],
    ["PUT", "/greet.gz"],
    ["PUT", "/release.json"],
    ["PUT", "/greet/linux-amd64.json"],
    ["PUT", "/greet/20260131/linux-amd64"],
    ["PUT", "/greet/20260131/linux-amd64.gz"],
    ["PUT", "/greet/20260131/.json"],
    ["PUT", "/greet/20260131/linux-amd64.json/"],
    ["PUT", "/greet/20260131/x/linux-amd64.json"],
    ["PUT", "/greet/20260131/linux%2Famd64.json"],
    ["PUT", "greet/20260131/linux-amd64.json"],
    ["GET", ARTIFACT],
    ["POST", ARTIFACT],
    ["PATCH", CURRENT],
    ["DELETE", ARTIFACT],
    ["put", ARTIFACT],
  ])("%s %s", async (method, path) => {
    const answer = await ask(method, path, { body: BODY, principal: ADA });
    expect(answer).toMatchObject({ status: 404, body: "404 page not found\n" });
  });
});

describe("a name outside the limits is 400, whatever the body", () => {
  const LONG = "a".repeat(65);
  it.each([
    "/gr_eet/20260131/linux-amd64.json",
    "/gr%20eet/20260131/linux-amd64.json",
    "/gree%2574/20260131/linux-amd64.json",
    "/gr%C3%BC%C3%9Fe/20260131/linux-amd64.json",
    "/__proto__/current/linux-amd64.json",
    "/greet%0A/current/linux-amd64.json",
    `/${LONG}/20260131/linux-amd64.json`,
    "/greet/v20260131/linux-amd64.json",
    "/greet/020260131/linux-amd64.json",
    "/greet/20260131.0/linux-amd64.json",
    "/greet/1234567890/linux-amd64.json",
    "/greet/Current/linux-amd64.json",
    "/greet/curren%2574/linux-amd64.json",
    "/greet/current%00/linux-amd64.json",
    "/greet/latest/linux-amd64.json",
    "/greet/20260131/linux_amd64.json",
    "/greet/20260131/linux-amd64.json.json",
    "/greet/current/linux%252Famd64.json",
    "/greet/current/linux%23amd64.json",
    `/greet/current/${LONG}.json`,
  ])("%s", async (path) => {
    for (const body of [BODY, "no JSON", ""]) {
      expect(await put(path, body)).toMatchObject({ status: 400, body: "bad character in path\n" });
    }
  });
});

describe("an unclean path is redirected, and nothing is written", () => {
  it.each([
    ["//greet/20260131/linux-amd64.json", ARTIFACT],
    ["/hk/../greet/current/linux-amd64.json", CURRENT],
    ["/hk/%2e%2e/greet/current/linux-amd64.json", CURRENT],
    ["/greet/./current/linux-amd64.json?force=true", `${CURRENT}?force=true`],
  ])("%s -> %s", async (target, clean) => {
    const { status, headers } = await put(target);
    expect([status, headers["location"]]).toEqual([301, clean]);
  });
});

describe("a body without what is asked for is 422", () => {
  const long = (document: object) => JSON.stringify(document).padEnd(1001);
  it.each<[string, string, string]>([
    ["nothing", "", ""],
    ["no JSON", "sha256", "version"],
    ["an array", `[{"sha256":"${HASH}"}]`, '[{"version":"20260131"}]'],
    ["null", "null", "null"],
    ["two values", `{"sha256":"${HASH}"}{}`, '{"version":"20260131"}{}'],
    ["a byte order mark", `\uFEFF{"sha256":"${HASH}"}`, '\uFEFF{"version":"20260131"}'],
    ["1001 bytes", long({ sha256: HASH }), long({ version: "20260131" })],
    ["the other's name", '{"version":"20260131"}', `{"sha256":"${HASH}"}`],
    ["a number", '{"sha256":1}', '{"version":20260131}'],
    ["an array in it", `{"sha256":["${HASH}"]}`, '{"version":["20260131"]}'],
    ["bytes in it", `{"sha256":[${Array(32).fill(1)}]}`, '{"version":[50]}'],
  ])("%s", async (_, sha256InIt, versionInIt) => {
    for (const form of [(text: string) => text, (text: string) => Buffer.from(text)]) {
      const answers = [await put(ARTIFACT, form(sha256InIt)), await put(CURRENT, form(versionInIt))];
      for (const answer of answers) {
        expect(answer).toMatchObject({ status: 422, body: "unprocessable entity\n" });
      }
      expect(answers[0]?.headers["hkdist-problem"]).toContain('{"sha256": ');
      expect(answers[1]?.headers["hkdist-problem"]).toContain('{"version": ');
    }
  });

  it.each([
    ["unpadded", HASH.slice(0, -1)],
    ["url-safe", Buffer.alloc(32, 255).toString("base64url").padEnd(44, "=")],
    ["with a blank", `${HASH} `],
    ["hexadecimal", "01".repeat(32)],
    ["of 31 bytes", Buffer.alloc(31).toString("base64")],
    ["empty", ""],
  ])("a hash that is %s", async (_, sha256) => {
    expect(await put(ARTIFACT, JSON.stringify({ sha256 }))).toMatchObject({ status: 422 });
  });
});

it("every answer is a plain line that nobody keeps, with the headers of every answer", async () => {
  const answers = [
    await ask("PUT", ARTIFACT),
    await put("/nope"),
    await put("/gr_eet/current/linux-amd64.json"),
    await put(ARTIFACT, "no JSON"),
  ];
  expect(answers.map(({ status }) => status)).toEqual([403, 404, 400, 422]);
  for (const { headers, body } of answers) {
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
      "referrer-policy": "no-referrer",
    });
  }
});
