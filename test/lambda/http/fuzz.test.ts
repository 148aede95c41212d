import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { answer as directory } from "../../../lambda/directory/routes.ts";
import { answer as register } from "../../../lambda/register/routes.ts";
import type { HttpAnswer, HttpRequest } from "../../../lambda/shared/http/message.ts";
import { ARTIFACTS, current, recorded, URLS } from "../directory/released.ts";
import { type Answer, behindGateway, type Options, unpacked } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";

/** The same requests in every run. */
const SETTINGS = { seed: 20140529, numRuns: 4000 };

const ADA = "arn:aws:iam::123456789012:user/ada";

const NAMES = [
  "greet",
  "hk",
  "linux-amd64",
  "darwin-arm64",
  "current",
  "release",
  "constructor",
  "a".repeat(64),
];
const VERSIONS = ["20260131.10", "20260131.2", "1", "0", "999999999.999999999"];
const VALID = [
  "/",
  "/release.json",
  "/greet.gz",
  "/greet/linux-amd64.json",
  "/greet/current/linux-amd64.json",
  "/greet/20260131.2/linux-amd64.json",
  "/hk/current/constructor.json",
];
const ITEMS = [
  recorded("20260131.10", "linux-amd64", 4),
  recorded("20260131.2", "linux-amd64", 3),
  recorded("20260131.2", "darwin-arm64", 2),
  ...Array.from({ length: 20 }, (_, n) => recorded(`${n + 1}`, "linux-amd64", n, "hk")),
  current("greet", {
    "linux-amd64": { version: "20260131.10", sha256: sha256(4) },
    "windows-386": { version: "20260131.2", sha256: sha256(2) },
  }),
];

const escaped = fc.oneof(
  fc.integer({ min: 0, max: 255 }).map((byte) => `%${byte.toString(16).padStart(2, "0")}`),
  fc.constantFrom("%2F", "%2e%2E", "%5C", "%0d%0a", "%00", "%25", "%252F", "%C3%BC", "%", "%zz", "%ff%fe"),
);
const odd = fc.constantFrom(
  "..",
  ".",
  "//",
  "/../",
  "\\",
  "\n",
  "\r\n",
  "\0",
  "#",
  "__proto__",
  ".json",
  ".gz",
);
const junk = fc.oneof(
  escaped,
  odd,
  fc.string({ unit: "binary", maxLength: 8 }),
  fc.string({ unit: "grapheme", maxLength: 8 }),
  fc.constantFrom("a".repeat(65), "x".repeat(9000), "/a".repeat(3000), "9".repeat(10)),
);
const name = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES, ...VERSIONS) },
  { weight: 1, arbitrary: junk },
  { weight: 1, arbitrary: fc.stringMatching(/^[A-Za-z0-9-]{1,70}$/) },
);
const built = fc.oneof(
  fc.tuple(name, name, name).map((names) => `/${names.join("/")}.json`),
  fc.tuple(name, name).map((names) => `/${names.join("/")}.json`),
  fc.tuple(name, name).map(([cmd, platform]) => `/${cmd}/current/${platform}.json`),
  name.map((cmd) => `/${cmd}.gz`),
  fc.array(name, { maxLength: 6 }).map((names) => `/${names.join("/")}`),
);
/** A good path with something put in somewhere, or over something. */
const mutated = fc
  .tuple(fc.oneof(fc.constantFrom(...VALID), built), fc.nat(), fc.nat({ max: 3 }), junk)
  .map(([path, at, over, text]) => {
    const from = at % (path.length + 1);
    return path.slice(0, from) + text + path.slice(from + over);
  });
const path = fc
  .oneof(fc.constantFrom(...VALID), built, mutated, fc.string({ unit: "binary" }))
  .map((text) => text.replaceAll("?", ""));
const query = fc.oneof(
  fc.constantFrom("", "?force=true", "?platform=linux-amd64", "?platform=windows-386", "?platform=", "?"),
  fc.tuple(fc.constantFrom("platform", "force", "x"), junk).map((pair) => `?${pair.join("=")}`),
  junk.map((text) => `?${text}`),
);
const method = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("GET", "HEAD", "PUT") },
  { weight: 1, arbitrary: fc.constantFrom("POST", "DELETE", "PATCH", "OPTIONS", "TRACE", "get", "CONNECT") },
  { weight: 1, arbitrary: fc.string() },
);
const headers = fc.record(
  {
    "accept-encoding": fc.oneof(
      fc.constantFrom("gzip", "*", "gzip;q=0", "br, gzip;q=0.5", "identity"),
      fc.string({ unit: "binary" }),
    ),
    "if-none-match": fc.oneof(fc.constantFrom("*", '"a"', 'W/"a", "b"', '"'.repeat(5000)), fc.string()),
    "user-agent": fc.oneof(
      fc.constantFrom(
        "Linux x86_64",
        "Darwin arm64",
        "curl/8.5.0",
        "iPhone",
        "Linux mips",
        "Windows NT 10.0",
      ),
      fc.string({ unit: "binary" }),
    ),
    "content-length": fc.constantFrom("-1", "1e9"),
    __proto__: fc.string(),
  },
  { requiredKeys: [] },
);
const key = fc.constantFrom("sha256", "version", "Version", "ſha256", "x", "__proto__");
const value = fc.oneof(
  fc.constantFrom(...VERSIONS, sha256(3), sha256(4), sha256(5), sha256(3).slice(1), "greet#1#x", ".."),
  junk,
  fc.jsonValue({ maxDepth: 1 }),
);
const document = fc
  .array(fc.tuple(key, value), { minLength: 1, maxLength: 3 })
  .map((pairs) => `{${pairs.map((pair) => pair.map((part) => JSON.stringify(part)).join(":")).join()}}`);
const body = fc.oneof(
  { weight: 6, arbitrary: document },
  { weight: 1, arbitrary: fc.json() },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 1100 }).map((bytes) => Buffer.from(bytes)) },
);
const request = fc.record({ method, path, query, headers, body: fc.option(body, { nil: undefined }) });
/** A PUT that may well succeed. */
const likely = fc.record({
  method: fc.constant("PUT"),
  path: fc
    .tuple(fc.constantFrom("current", ...VERSIONS), fc.constantFrom("linux-amd64", "darwin-arm64"))
    .map(([version, platform]) => `/greet/${version}/${platform}.json`),
  query,
  headers,
  body: fc
    .tuple(fc.constantFrom("20260131.10", "20260131.2"), fc.constantFrom(2, 3, 4))
    .map(([version, hash]) => JSON.stringify({ version, sha256: sha256(hash) })),
});

interface Fuzzed extends Options {
  method: string;
  path: string;
  query: string;
}

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());

/** Everything that is said to the table. */
function watched(items = ITEMS) {
  const table = new MemoryTable(items);
  const send = table.documents.send.bind(table.documents) as (command: unknown) => Promise<unknown>;
  const inputs: Record<string, unknown>[] = [];
  const watching = (command: { input: Record<string, unknown> }) => {
    inputs.push(command.input);
    return send(command);
  };
  table.documents.send = watching as unknown as typeof table.documents.send;
  return { table, inputs };
}

const NAME = "[A-Za-z0-9-]{1,64}";
const KEYS: Record<string, RegExp> = {
  artifact: new RegExp(`^${NAME}#\\d{9}\\.\\d{9}#${NAME}$`),
  current: new RegExp(`^${NAME}$`),
};

function expectKeysWithinLimits(inputs: Record<string, unknown>[]) {
  for (const input of inputs) {
    const puts = (input["TransactItems"] as { Put: { Item: Record<string, string> } }[] | undefined) ?? [];
    for (const { Put } of puts) {
      const { pk = "", sk = "" } = Put.Item;
      if (pk === "current") expect(sk).toMatch(KEYS["current"] as RegExp);
      else
        expect([pk, sk]).toEqual([
          expect.stringMatching(new RegExp(`^history#${NAME}$`)),
          expect.stringMatching(/^\d{9}$/),
        ]);
    }
    const { pk, sk } = (input["Key"] as { pk: string; sk: string } | undefined) ?? {};
    if (pk !== undefined) expect(sk).toMatch(KEYS[pk] ?? /^no such partition$/);
    const values = input["ExpressionAttributeValues"] as Record<string, string> | undefined;
    if (values !== undefined) {
      const { ":pk": partition, ":prefix": prefix } = values;
      const key = [
        partition?.replace(new RegExp(`^history#${NAME}$`), "history"),
        prefix?.replace(/[^#]+/g, "x"),
      ];
      expect([["artifact"], ["artifact", "x#x#"], ["current"], ["history"]]).toContainEqual(
        key.filter((part) => part !== undefined),
      );
    }
  }
}

/** What HTTP allows in a header, as Node would send it. */
const LEGAL_NAME = /^[a-z0-9-]+$/;
const LEGAL_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

function expectLegal({ status, headers, body }: Answer, statuses: number[]) {
  expect(statuses).toContain(status);
  for (const [name, value] of Object.entries(headers)) {
    expect(name).toMatch(LEGAL_NAME);
    expect(value).toMatch(LEGAL_VALUE);
  }
  expect(headers).toMatchObject({
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cache-control": expect.any(String),
  });
  const { location } = headers;
  expect(location !== undefined).toBe([301, 307].includes(status));
  if (status === 301) {
    expect(location).toMatch(/^\/(?!\/)/);
    expect(location).toMatch(/^[!-~]+$/);
  }
  if (status === 307) expect(location).toMatch(new RegExp(`^${ARTIFACTS}${NAME}/[\\d.]+/${NAME}\\.gz$`));
  if (status >= 400) {
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toMatch(/^[\x20-\x7e]*\n?$/);
  }
}

/** How often each status was met: what is never met is not tested. */
const tally = () => {
  const met = new Map<number, number>();
  return { met, count: (status: number) => met.set(status, (met.get(status) ?? 0) + 1) };
};

const asked = (answer: (request: HttpRequest) => Promise<HttpAnswer>, fuzzed: Fuzzed) => {
  const { method, path, query, ...options } = fuzzed;
  return behindGateway(answer)(method, `${path}${query}`, options);
};

describe("whatever is asked", () => {
  it("the directory answers by the protocol, and only reads", async () => {
    const { met, count } = tally();
    const principal = fc.constantFrom(undefined, ADA);
    await fc.assert(
      fc.asyncProperty(request, principal, async (fuzzed, principal) => {
        const { table, inputs } = watched();
        const answer = await asked((request) => directory({ table, ...URLS }, request), {
          ...fuzzed,
          principal,
        } as Fuzzed);
        expectLegal(answer, [200, 301, 304, 307, 404]);
        expectKeysWithinLimits(inputs);
        expect(table.written).toEqual([]);
        // A version's hash takes two, side by side: the row, and whether the version was withdrawn.
        const isVersion = inputs.some((input) => JSON.stringify(input).includes('"artifact"'));
        if (answer.status !== 200 && answer.status !== 304 && inputs.length > (isVersion ? 2 : 1)) {
          expect.unreachable("more reads than it takes");
        }
        const { "content-type": type } = answer.headers;
        if (fuzzed.method === "HEAD") expect(answer.bytes).toHaveLength(0);
        else if (answer.status === 200 && type === "application/json") JSON.parse(unpacked(answer));
        count(answer.status);
      }),
      SETTINGS,
    );
    expect([...met.keys()].toSorted()).toEqual([200, 301, 304, 307, 404]);
    expect(lines).not.toHaveBeenCalled();
  });

  it("the registry without a principal answers 403, and neither reads nor writes", async () => {
    const { met, count } = tally();
    await fc.assert(
      fc.asyncProperty(request, async (fuzzed) => {
        const { table, inputs } = watched();
        const record = () => Promise.reject(new Error("asked"));
        const answer = await asked((request) => register({ table, record }, request), fuzzed as Fuzzed);
        expectLegal(answer, [301, 403]);
        expect(inputs).toEqual([]);
        count(answer.status);
      }),
      SETTINGS,
    );
    expect([...met.keys()].toSorted()).toEqual([301, 403]);
    expect(lines).not.toHaveBeenCalled();
  });

  it("the registry with a principal answers by the protocol, and writes nothing that was not registered", async () => {
    const { met, count } = tally();
    const mostlyPut = fc.oneof(
      { weight: 6, arbitrary: fc.record({ path, query, headers, body, method: fc.constant("PUT") }) },
      { weight: 2, arbitrary: likely },
      { weight: 1, arbitrary: request },
    );
    await fc.assert(
      fc.asyncProperty(mostlyPut, async (given) => {
        const fuzzed = { ...given, principal: ADA };
        const { table, inputs } = watched();
        const keys: string[] = [];
        const record = async (key: string) => {
          keys.push(key);
          return { outcome: "gone" as const };
        };
        const answer = await asked((request) => register({ table, record }, request), fuzzed as Fuzzed);
        expectLegal(answer, [200, 301, 400, 404, 409, 422]);
        expectKeysWithinLimits(inputs);
        for (const key of keys) expect(key).toMatch(new RegExp(`^${NAME}/[\\d.]+/${NAME}\\.gz$`));
        if (table.written.length > 0) {
          expect([answer.status, table.written.map(({ pk }) => pk)]).toEqual([
            200,
            ["current", expect.stringMatching(/^history#/)],
          ]);
          expect(table.written[1]).toMatchObject({ by: ADA });
          count(0);
        }
        count(answer.status);
      }),
      SETTINGS,
    );
    expect([...met.keys()].toSorted((a, b) => a - b)).toEqual([0, 200, 301, 400, 404, 409, 422]);
  });
});
