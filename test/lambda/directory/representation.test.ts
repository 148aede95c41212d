import { describe, expect, it } from "vitest";
import { type Answer, unpacked } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { current, directoryOf, ITEMS, recorded } from "./released.ts";

const SMALL = "/greet/current/linux-amd64.json";
const LARGE = "/release.json";

/** So many that the list and the page are worth compressing. */
const MANY = Array.from({ length: 30 }, (_, n) => [
  recorded(`${n + 1}`, "linux-amd64", n, "tool"),
  current(`tool-${n}`, { "linux-amd64": { version: "1", sha256: sha256(n) } }),
]).flat();
const ask = directoryOf(new MemoryTable([...ITEMS, ...MANY]));
const get = (path: string, headers: Record<string, string> = {}) => ask("GET", path, { headers });
const tagOf = ({ headers }: Answer) => headers["etag"] ?? "";

describe("gzip", () => {
  it.each([
    ["gzip", true],
    ["GZip", true],
    ["gzip, deflate, br, zstd", true],
    ["deflate,gzip", true],
    ["br;q=1.0, gzip;q=0.8, *;q=0.1", true],
    ["gzip;q=0.001", true],
    ["gzip ; q=0.5", true],
    ["gzip;Q=1", true],
    ["*", true],
    ["*;q=0.5", true],
    ["identity;q=0, *", true],
    ["br, *;q=0, gzip;q=1", true],
    ["", false],
    ["identity", false],
    ["deflate, br", false],
    ["gzip;q=0", false],
    ["gzip; q=0.000", false],
    ["gzip;Q=0", false],
    ["gzip;q=0, *", false],
    ["*, gzip;q=0", false],
    ["*;q=0", false],
    ["br, *;q=0", false],
    ["gzip;q=", false],
    ["gzip;q=no", false],
    ["gzipped", false],
    ["x-gzip2", false],
    [",;,;q=1,", false],
  ])("for one who says %j: %s", async (acceptEncoding, packed) => {
    const plain = await get(LARGE);
    const answer = await get(LARGE, { "Accept-Encoding": acceptEncoding });
    expect(answer.status).toBe(200);
    expect(answer.headers["content-encoding"]).toBe(packed ? "gzip" : undefined);
    expect(answer.headers["content-type"]).toBe("application/json");
    expect(unpacked(answer)).toBe(plain.body);
    expect(answer.bytes.equals(plain.bytes)).toBe(!packed);
  });

  it("is not for one who says nothing", async () => {
    expect((await get(LARGE)).headers).not.toHaveProperty("content-encoding");
  });

  it.each([
    [LARGE, true],
    ["/", true],
    [SMALL, false],
    ["/greet/20260101/linux-amd64.json", false],
    ["/nope", false],
    ["//", false],
  ])("is only for what it makes much smaller, and caches are told: %s %s", async (path, packed) => {
    const { headers, bytes } = await get(path, { "Accept-Encoding": "gzip" });
    expect(headers["content-encoding"]).toBe(packed ? "gzip" : undefined);
    expect(headers["vary"]).toBe(packed ? "Accept-Encoding" : undefined);
    const plain = await get(path);
    expect(plain.headers["vary"]).toBe(headers["vary"]);
    if (packed) expect(bytes.length).toBeLessThan(plain.bytes.length * 0.9);
  });
});

describe("an ETag", () => {
  it.each([LARGE, SMALL, "/", "/greet/20260101/linux-amd64.json"])("is strong: %s", async (path) => {
    expect(tagOf(await get(path))).toMatch(/^"[\w-]+"$/);
  });

  it.each([
    "/nope",
    "//",
    "/greet/current/nope.json",
  ])("is not on other answers than 200: %s", async (path) => {
    expect((await get(path)).headers).not.toHaveProperty("etag");
  });

  it("is the form's own", async () => {
    const plain = tagOf(await get(LARGE));
    const packed = tagOf(await get(LARGE, { "Accept-Encoding": "gzip" }));
    expect(packed).toMatch(/^"[\w-]+"$/);
    expect(packed).not.toBe(plain);
    expect(tagOf(await get(SMALL, { "Accept-Encoding": "gzip" }))).toBe(tagOf(await get(SMALL)));
  });
});

describe("If-None-Match", () => {
  it.each<[string, number, (tag: string) => string]>([
    ["its tag", 304, (tag) => tag],
    ["its tag as a weak one", 304, (tag) => `W/${tag}`],
    ["a list with it", 304, (tag) => `"other", W/${tag}`],
    ["a list with it, however written", 304, (tag) => `"a,b"  ,${tag},"c"`],
    ["anything", 304, () => "*"],
    ["anything, with blanks", 304, () => " * "],
    ["another tag", 200, () => '"other"'],
    ["a part of its tag", 200, (tag) => `${tag.slice(0, -2)}"`],
    ["its tag without the end", 200, (tag) => tag.slice(0, -1)],
    ["its tag without quotes", 200, (tag) => tag.slice(1, -1)],
    ["its tag in another case", 200, (tag) => tag.toLowerCase().replace(/^"./, '"_')],
    ["an asterisk as a tag", 200, () => '"*"'],
    ["nothing", 200, () => ""],
    ["junk", 200, () => '", W/, "'],
  ])("with %s: %i", async (_, status, noneMatch) => {
    for (const path of [SMALL, LARGE]) {
      const whole = await get(path);
      const answer = await get(path, { "If-None-Match": noneMatch(tagOf(whole)) });
      expect(answer.status).toBe(status);
      expect(answer.body).toBe(status === 304 ? "" : whole.body);
      expect(tagOf(answer)).toBe(tagOf(whole));
    }
  });

  it.each([
    ["plain", "", ""],
    ["plain", "", "gzip"],
    ["packed", "gzip", ""],
    ["packed", "gzip", "gzip"],
  ])("with the tag of the %s form: 304 whatever form would be sent now", async (_, had, wanted) => {
    const tag = tagOf(await get(LARGE, { "Accept-Encoding": had }));
    const again = await get(LARGE, { "Accept-Encoding": wanted, "If-None-Match": tag });
    expect([again.status, again.body]).toEqual([304, ""]);
  });

  it("304 tells caches what 200 would, and nothing of a body", async () => {
    for (const acceptEncoding of ["", "gzip"]) {
      const headers = { "Accept-Encoding": acceptEncoding };
      const whole = await get(LARGE, headers);
      const again = await get(LARGE, { ...headers, "If-None-Match": tagOf(whole) });
      const { "content-type": _, "content-encoding": __, ...rest } = whole.headers;
      expect(again.headers).toEqual(rest);
    }
  });

  it.each([
    "/nope",
    "/greet/current/nope.json",
  ])("* is still 404 where there is nothing: %s", async (path) => {
    expect((await get(path, { "If-None-Match": "*" })).status).toBe(404);
  });

  it("* is still a redirect", async () => {
    const status = async (path: string) => (await get(path, { "If-None-Match": "*" })).status;
    expect([await status("//"), await status("/greet.gz")]).toEqual([301, 307]);
  });
});

describe("HEAD answers like GET, without a body", () => {
  it.each([
    "/",
    LARGE,
    "/greet.gz",
    "/greet.gz?platform=nope",
    SMALL,
    "/greet/linux-amd64.json",
    "/greet/20260131.2/linux-amd64.json",
    "/greet/current/windows-amd64.json",
    "/gr_eet/current/windows-amd64.json",
    "/nope",
    "//greet//linux-amd64.json",
  ])("%s", async (path) => {
    const forms: Record<string, string>[] = [{}, { "Accept-Encoding": "gzip" }, { "If-None-Match": "*" }];
    for (const headers of forms) {
      const { bytes: _, body: __, ...get } = await ask("GET", path, { headers });
      const { bytes, body: ___, ...head } = await ask("HEAD", path, { headers });
      expect(head).toEqual(get);
      expect(bytes).toHaveLength(0);
    }
  });
});
