import { beforeEach, describe, expect, it } from "vitest";
import type { Ask } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { ARTIFACTS, current, directoryOf, NOT_FOUND } from "./released.ts";

const LINUX = "greet/20260131.10/linux-amd64.gz";
const MAC = "greet/20260131.2/darwin-arm64.gz";
const WINDOWS = "greet/20260131.2/windows-386.gz";

let table: MemoryTable;
let ask: Ask;

beforeEach(() => {
  table = new MemoryTable([
    current("greet", {
      "linux-amd64": { version: "20260131.10", sha256: sha256(1) },
      "darwin-arm64": { version: "20260131.2", sha256: sha256(2) },
      "windows-386": { version: "20260131.2", sha256: sha256(3) },
    }),
  ]);
  ask = directoryOf(table);
});

const agent = (userAgent: string) => ({ headers: { "User-Agent": userAgent } });

describe("the full binary", () => {
  it.each([
    ["Linux x86_64", LINUX],
    ["Darwin arm64", MAC],
    ["curl/8.5.0", LINUX],
    ["Mozilla/5.0 (Windows NT 10.0; Win64; x64)", WINDOWS],
  ])("of the caller's platform is where /greet.gz sends %j, after one read", async (userAgent, key) => {
    const { status, headers, body } = await ask("GET", "/greet.gz", agent(userAgent));
    expect([status, headers["location"]]).toEqual([307, `${ARTIFACTS}${key}`]);
    expect(body).toContain(`${ARTIFACTS}${key}`);
    expect(table.reads).toHaveLength(1);
  });

  it("is found without a User-Agent too", async () => {
    const { headers } = await ask("GET", "/greet.gz");
    expect(headers["location"]).toBe(`${ARTIFACTS}${LINUX}`);
  });

  it.each([
    ["darwin-arm64", "Linux x86_64", MAC],
    ["linux-amd64", "Mozilla/5.0 (Linux; Android 14; Pixel 8)", LINUX],
    ["windows%2D386", "Linux x86_64", WINDOWS],
    ["linux-amd64&platform=darwin-arm64", "Darwin arm64", LINUX],
  ])("of ?platform=%s is the one that is asked for, whoever asks", async (platform, userAgent, key) => {
    const { status, headers } = await ask("GET", `/greet.gz?platform=${platform}`, agent(userAgent));
    expect([status, headers["location"]]).toEqual([307, `${ARTIFACTS}${key}`]);
  });

  it.each([
    "windows-amd64", // which would run the 386 one
    "linux-386",
    "Linux-amd64",
    "linux-amd64 ",
    "linux_amd64",
    "linux/amd64",
    "linux-amd64.gz",
    "../greet",
    "https://example.com/",
    "constructor",
    "__proto__",
    "linux-amd64\0",
    "a".repeat(65),
    "",
  ])("of ?platform=%j is missing, and nothing else is sent instead", async (platform) => {
    const target = `/greet.gz?platform=${encodeURIComponent(platform)}`;
    expect(await ask("GET", target, agent("Linux x86_64"))).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  it.each([
    ["the caller's platform has no current version", "/greet.gz", "Linux aarch64"],
    ["the command is unknown", "/nope.gz", "Linux x86_64"],
    ["the caller's platform is called like a property of every object", "/toString.gz", "Linux x86_64"],
  ])("is missing when %s", async (_, path, userAgent) => {
    expect(await ask("GET", path, agent(userAgent))).toMatchObject({ status: 404, body: NOT_FOUND });
    expect(table.reads).toHaveLength(1);
  });

  it.each([
    "Mozilla/5.0 (Linux; Android 14; Pixel 8)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) arm64",
    "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft; Lumia 950)",
  ])("is missing on a phone, and a sentence says so: %j", async (userAgent) => {
    expect(await ask("GET", "/greet.gz", agent(userAgent))).toMatchObject({
      status: 404,
      body: "greet is a command-line tool and does not run on phones and tablets.\n",
    });
  });

  it("is never told to a cache as everybody's", async () => {
    const { headers } = await ask("GET", "/greet.gz");
    expect(headers).toMatchObject({ "cache-control": "no-store", vary: "User-Agent" });
    expect(headers).not.toHaveProperty("etag");
  });
});
