import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Ask } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { directoryOf, ITEMS, NOT_FOUND } from "./released.ts";

let table: MemoryTable;
let ask: Ask;

beforeEach(() => {
  table = new MemoryTable(ITEMS);
  ask = directoryOf(table);
});
afterEach(() => expect(table.written).toEqual([]));

const LINUX_NOW = `{"platform":"linux-amd64","version":"20260131.10","cmd":"greet","sha256":"${sha256(4)}"}\n`;
const DARWIN_NOW = `{"platform":"darwin-arm64","version":"20260131.2","cmd":"greet","sha256":"${sha256(2)}"}\n`;

describe("a document", () => {
  it.each([
    ["what is current, for hk", "/greet/current/linux-amd64.json", 1, LINUX_NOW],
    ["what is current on another platform", "/greet/current/darwin-arm64.json", 1, DARWIN_NOW],
    ["what is current, for go-selfupdate", "/greet/linux-amd64.json", 1, LINUX_NOW],
    ["the same when a cache is to be passed by", "/greet/linux-amd64.json?x=1", 1, LINUX_NOW],
    ["the hash of a version", "/greet/20260131.2/linux-amd64.json", 2, `{"sha256":"${sha256(3)}"}\n`],
    ["the hash of an older version", "/greet/20260101/linux-amd64.json", 2, `{"sha256":"${sha256(1)}"}\n`],
    ["a path as the gateway decodes it", "/greet/curren%74/linux%2Damd64.json", 1, LINUX_NOW],
  ])("tells %s: %s, with this many reads of the table: %i", async (_, path, reads, body) => {
    const answer = await ask("GET", path);
    expect(answer).toMatchObject({ status: 200, body });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(table.reads).toHaveLength(reads);
  });

  it.each([
    ["an unknown command", "/nope/current/linux-amd64.json", 1],
    ["a platform without a current version", "/greet/current/windows-amd64.json", 1],
    ["the same for go-selfupdate", "/greet/windows-amd64.json", 1],
    ["an unknown version", "/greet/20260131.3/linux-amd64.json", 2],
    ["a version that is not there on this platform", "/greet/20260101/darwin-arm64.json", 2],
    ["a version of another command", "/hk/20260101/linux-amd64.json", 2],
    ["a command in another case", "/Greet/current/linux-amd64.json", 1],
    ["a platform in another case", "/greet/20260101/Linux-amd64.json", 2],
    ["a platform that is called like a property of every object", "/greet/current/constructor.json", 1],
    ["the same for go-selfupdate", "/greet/toString.json", 1],
    ["a command that is called like a part of a path", "/current/current/current.json", 1],
  ])("is missing for %s: %s, after this many reads of the table: %i", async (_, path, reads) => {
    const answer = await ask("GET", path);
    expect(answer).toMatchObject({ status: 404, body: NOT_FOUND });
    expect(answer.headers["content-type"]).toMatch(/^text\/plain/);
    expect(table.reads).toHaveLength(reads);
  });

  it("that clients ask for often may be a moment old, and one that never changes is read as it is", async () => {
    for (const path of [
      "/greet/current/linux-amd64.json",
      "/greet/linux-amd64.json",
      "/greet/20260101/linux-amd64.json",
    ]) {
      await ask("GET", path);
    }
    expect(table.reads.map(({ ConsistentRead }) => ConsistentRead)).toEqual([false, false, true, false]);
  });
});

describe("names outside the limits are 404 and never reach the table", () => {
  const LONG = "a".repeat(65);
  it.each([
    `/${LONG}/current/linux-amd64.json`,
    `/greet/current/${LONG}.json`,
    `/${LONG}/linux-amd64.json`,
    `/${LONG}/20260131/linux-amd64.json`,
    `/greet/20260131/${LONG}.json`,
    `/${LONG}.gz`,
    "/gr_eet/current/linux-amd64.json",
    "/__proto__/current/linux-amd64.json",
    "/greet/current/__proto__.json",
    "/gr%20eet/current/linux-amd64.json",
    "/gr%C3%BC%C3%9Fe/current/linux-amd64.json",
    "/gr%EF%BD%85et/current/linux-amd64.json",
    "/greet/current/linux%00amd64.json",
    "/greet%0A/current/linux-amd64.json",
    "/greet/current/linux-amd64%0A.json",
    "/greet/current/linux-amd64.json%0A",
    "/greet/current/linux%2Famd64.json",
    "/greet/current/linux%23amd64.json",
    "/greet/current/linux+amd64.json",
    "/greet/current/linux-amd64",
    "/greet/current/linux-amd64.JSON",
    "/greet/current/linux-amd64.json.json",
    "/greet/current/.json",
    "/greet/current/",
    "/greet/current",
    "/greet/linux-amd64",
    "/greet/v20260131.2/linux-amd64.json",
    "/greet/020260131/linux-amd64.json",
    "/greet/20260131.0/linux-amd64.json",
    "/greet/20260131.02/linux-amd64.json",
    "/greet/20260131.2.1/linux-amd64.json",
    "/greet/1234567890/linux-amd64.json",
    "/greet/1.1234567890/linux-amd64.json",
    "/greet/20260131./linux-amd64.json",
    "/greet/.2/linux-amd64.json",
    "/greet/-1/linux-amd64.json",
    "/greet/1e3/linux-amd64.json",
    "/greet/%EF%BC%91/linux-amd64.json",
    "/greet/Current/linux-amd64.json",
    "/gr_eet.gz",
    "/.gz",
    "/greet.GZ",
    "/greet.gz/",
    "/greet.gz.gz",
    "/release.json.gz",
    "/greet/20260131.2/linux-amd64.gz",
  ])("%s", async (path) => {
    expect(await ask("GET", path)).toMatchObject({ status: 404, body: NOT_FOUND });
    expect(table.reads).toEqual([]);
  });

  it("and the longest ones within them do", async () => {
    const name = "a".repeat(64);
    await ask("GET", `/${name}/999999999.999999999/${name}.json`);
    expect(table.reads).toMatchObject([
      { Key: { sk: `${name}#999999999.999999999#${name}` } },
      { Key: { sk: name } },
    ]);
  });
});
