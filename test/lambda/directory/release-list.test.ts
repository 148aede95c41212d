import { createHash } from "node:crypto";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { REQUEST_ID, unpacked } from "../gateway.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";
import { directoryOf, ITEMS, recorded } from "./released.ts";

const list = (table: MemoryTable, headers = {}) => directoryOf(table)("GET", "/release.json", { headers });

/** The reads of artifact rows; what was withdrawn is told by those of current. */
const listed = (table: MemoryTable) =>
  table.reads.filter((read) => "ProjectionExpression" in read && read.ProjectionExpression !== undefined);

describe("release.json", () => {
  const ALL = [
    ["linux-amd64", "20260101", "greet", 1],
    ["darwin-arm64", "20260131.2", "greet", 2],
    ["linux-amd64", "20260131.2", "greet", 3],
    ["linux-amd64", "20260131.10", "greet", 4],
    ["linux-amd64", "20140529", "hk", 5],
  ] as const;

  it.each([
    1, 2, 4, 5, 100,
  ])("lists every artifact by command, version and platform, to the last page: %i a page", async (pageSize) => {
    const table = new MemoryTable(ITEMS);
    table.pageSize = pageSize;
    const answer = await list(table);
    const rows = ALL.map(
      ([platform, version, cmd, hash]) =>
        `{"platform":"${platform}","version":"${version}","cmd":"${cmd}","sha256":"${sha256(hash)}"}`,
    );
    expect(answer).toMatchObject({ status: 200, body: `[${rows.join(",")}]\n` });
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(answer.headers).not.toHaveProperty("last-modified");
    expect(listed(table)).toHaveLength(Math.ceil(ALL.length / pageSize));
  });

  it("reads no more of a row than it tells", async () => {
    const table = new MemoryTable(ITEMS);
    await list(table);
    for (const read of listed(table)) {
      const { ProjectionExpression = "", ExpressionAttributeNames = {} } = read;
      const names = ProjectionExpression.split(", ").map((name) => ExpressionAttributeNames[name]);
      expect(names.toSorted()).toEqual(["cmd", "platform", "sha256", "version"]);
    }
  });

  it("is whole with 1,000 releases on 12 platforms", async () => {
    const hash = (n: number) => createHash("sha256").update(`${n}`).digest("base64");
    const items = Array.from({ length: 12_000 }, (_, n) =>
      artifactItem(artifact("hk", `${20_200_000 + Math.floor(n / 12)}`, `os-${n % 12}`, hash(n))),
    );
    const table = new MemoryTable(items);
    table.pageSize = 2500;
    const plain = await list(table);
    expect([plain.status, JSON.parse(plain.body).length]).toEqual([200, 12_000]);
    const packed = await list(table, { "Accept-Encoding": "gzip" });
    expect(unpacked(packed)).toBe(plain.body);
    expect(packed.bytes.length).toBeLessThan(plain.bytes.length / 2);
  });

  it("is an empty list when there is nothing", async () => {
    expect(await list(new MemoryTable())).toMatchObject({ status: 200, body: "[]\n" });
  });

  it("has an ETag that follows the content", async () => {
    const tag = async (items: Item[]) => (await list(new MemoryTable(items))).headers["etag"];
    expect(await tag(ITEMS)).toMatch(/^"[^"]+"$/);
    expect(await tag(ITEMS)).toBe(await tag(ITEMS.toReversed()));
    expect(await tag(ITEMS)).not.toBe(await tag(ITEMS.slice(1)));
    expect(await tag(ITEMS)).not.toBe(await tag([...ITEMS, recorded("20260131.2", "linux-arm", 3)]));
  });
});

describe("a list that is larger than what the gateway carries", () => {
  const COUNT = 40_000;
  const huge = new MemoryTable(Array.from({ length: COUNT }, (_, n) => recorded(`${n}`, "linux-amd64", 1)));
  huge.pageSize = COUNT;
  const lines = vi.spyOn(process.stdout, "write");
  beforeEach(() => {
    lines.mockReset().mockImplementation(() => true);
  });
  afterAll(() => lines.mockRestore());

  it("is 503, never a part of it, and one log line tells of it", async () => {
    const answer = await list(huge);
    expect(answer.status).toBe(503);
    expect(answer.body).toMatch(/^[^\n]*gzip[^\n]*\n$/);
    expect(answer.headers).toMatchObject({
      "content-type": "text/plain; charset=utf-8",
      "cache-control": "no-store",
    });
    expect(answer.headers).not.toHaveProperty("etag");
    expect(lines).toHaveBeenCalledOnce();
    expect(JSON.parse(String(lines.mock.lastCall?.[0]))).toEqual({
      event: "answer-too-large",
      requestId: REQUEST_ID,
      path: "/release.json",
      bytes: expect.toSatisfy((bytes: number) => bytes > 5_000_000),
      limit: 5_000_000,
    });
  });

  it("is 503 for HEAD too", async () => {
    const { status, body } = await directoryOf(huge)("HEAD", "/release.json");
    expect([status, body]).toEqual([503, ""]);
  });

  it("is whole for one who takes gzip", async () => {
    const answer = await list(huge, { "Accept-Encoding": "gzip" });
    expect(answer.status).toBe(200);
    expect(JSON.parse(unpacked(answer))).toHaveLength(COUNT);
    expect(lines).not.toHaveBeenCalled();
  });
});
