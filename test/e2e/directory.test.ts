import { gunzipSync } from "node:zlib";
import { beforeAll, describe, expect, it } from "vitest";
import type { ArtifactId } from "../../lambda/shared/keys.ts";
import { type Answer, send } from "../golden/send.ts";
import { register, sha256Of } from "./registered.ts";
import { local } from "./setting.ts";
import { put } from "./signed.ts";

const id = (cmd: string, version: string, platform: string): ArtifactId => ({ cmd, version, platform });
const HK_FIRST = id("hk", "20140509", "linux-amd64");
const HK_MAC = id("hk", "20140509", "darwin-amd64");
const HK_SECOND = id("hk", "20140529.2", "linux-amd64");
const HK_TENTH = id("hk", "20140529.10", "linux-amd64");
const CANARY = id("hk-canary", "20140604", "linux-amd64");
const STAGING = id("hkstaging", "20140515.3", "windows-arm64");
/** Enough for a list that is worth compressing. */
const MANY = [1, 2, 3, 4, 5, 6, 7, 8].map((day) => id("hk", `2014010${day}`, "linux-amd64"));
const ALL = [...MANY, HK_MAC, HK_FIRST, HK_SECOND, HK_TENTH, CANARY, STAGING];

beforeAll(async () => {
  for (const one of ALL) expect([200, 201]).toContain((await register(one)).status);
  for (const { cmd, version, platform } of [HK_MAC, HK_TENTH, STAGING]) {
    const current = await put(`${cmd}/current/${platform}.json`, `{"version":"${version}"}`);
    expect([current.status, await current.text()]).toEqual([200, "ok\n"]);
  }
});

/** What is asked: path and query as in the request line, headers, GET if nothing else. */
function ask(path: string, headers: Record<string, string> = {}, method = "GET"): Promise<Answer> {
  const { pathname } = new URL(local.directoryUrl);
  const target = { method, path: `${pathname.slice(0, -1)}${path}` };
  return send(new URL(local.directoryUrl), target, Object.entries(headers));
}

const document = (one: ArtifactId) => {
  const { platform, version, cmd } = one;
  return `{"platform":"${platform}","version":"${version}","cmd":"${cmd}","sha256":"${sha256Of(one)}"}`;
};
const hash = (one: ArtifactId) => `{"sha256":"${sha256Of(one)}"}\n`;
const at = ({ cmd, version, platform }: ArtifactId) =>
  `${local.artifactsUrl}${cmd}/${version}/${platform}.gz`;
const agent = (text: string) => ({ "User-Agent": text });
const NOT_FOUND = "404 page not found\n";
const STRONG = /^"[\w-]+"$/;

const PLAIN = { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store" };
const JSON_FOR_A_MINUTE = {
  "content-type": "application/json",
  "cache-control": "public, max-age=60, stale-if-error=86400",
  etag: expect.stringMatching(STRONG),
};
const JSON_FOR_AN_HOUR = { ...JSON_FOR_A_MINUTE, "cache-control": "public, max-age=3600" };
const UNCACHED = { "cache-control": "no-store", vary: "User-Agent" };
const ALWAYS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

type Row = [string, Record<string, string>, number, Record<string, unknown>, unknown];

const READS: Row[] = [
  // What is current, for hk.
  ["/hk/current/linux-amd64.json", {}, 200, JSON_FOR_A_MINUTE, `${document(HK_TENTH)}\n`],
  ["/hk/current/darwin-amd64.json", {}, 200, JSON_FOR_A_MINUTE, `${document(HK_MAC)}\n`],
  ["/hk/current/linux-amd64.json?x=1", {}, 200, JSON_FOR_A_MINUTE, `${document(HK_TENTH)}\n`],
  ["/hkstaging/current/windows-arm64.json", {}, 200, JSON_FOR_A_MINUTE, `${document(STAGING)}\n`],
  ["/hk/current/windows-386.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk-canary/current/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/nope/current/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/Current/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/current/linux-amd64", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/current/linux-amd64.json/", {}, 404, PLAIN, NOT_FOUND],
  // The gateway decodes a path before it reaches us.
  ["/hk/curren%74/linux-amd64.json", {}, 200, JSON_FOR_A_MINUTE, `${document(HK_TENTH)}\n`],
  ["/hk/curren%2574/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  // What is current, for sanbornm/go-selfupdate.
  ["/hk/linux-amd64.json", {}, 200, JSON_FOR_A_MINUTE, `${document(HK_TENTH)}\n`],
  ["/hk-canary/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk%2Blinux/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  // The hash of a version.
  ["/hk/20140509/linux-amd64.json", {}, 200, JSON_FOR_AN_HOUR, hash(HK_FIRST)],
  ["/hk/20140529.2/linux-amd64.json", {}, 200, JSON_FOR_AN_HOUR, hash(HK_SECOND)],
  ["/hk/20140529.10/linux-amd64.json", {}, 200, JSON_FOR_AN_HOUR, hash(HK_TENTH)],
  ["/hk-canary/20140604/linux-amd64.json", {}, 200, JSON_FOR_AN_HOUR, hash(CANARY)],
  ["/hk/20140529/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/v20140509/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/20140529.02/linux-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/20140529.2/darwin-amd64.json", {}, 404, PLAIN, NOT_FOUND],
  [`/hk/20140509/${"a".repeat(65)}.json`, {}, 404, PLAIN, NOT_FOUND],
  // The full binary.
  ["/hk.gz", agent("Linux x86_64"), 307, { ...UNCACHED, location: at(HK_TENTH) }, /Temporary Redirect/],
  ["/hk.gz", agent("Darwin x86_64"), 307, { ...UNCACHED, location: at(HK_MAC) }, /Temporary Redirect/],
  ["/hk.gz", agent("Darwin arm64"), 307, { ...UNCACHED, location: at(HK_MAC) }, /Temporary Redirect/],
  ["/hk.gz", agent("curl/8.5.0"), 307, { ...UNCACHED, location: at(HK_TENTH) }, /Temporary Redirect/],
  ["/hk.gz", {}, 307, { ...UNCACHED, location: at(HK_TENTH) }, /Temporary Redirect/],
  ["/hk.gz?platform=darwin-amd64", agent("Linux x86_64"), 307, { location: at(HK_MAC) }, /Redirect/],
  ["/hkstaging.gz?platform=windows-arm64", {}, 307, { location: at(STAGING) }, /Redirect/],
  ["/hk.gz?platform=windows-amd64", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/hk.gz?platform=../../x", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/hk.gz", agent("Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X)"), 404, PLAIN, /phones/],
  ["/hk.gz", agent("Linux aarch64"), 404, PLAIN, NOT_FOUND],
  ["/hk-canary.gz", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/nope.gz", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/hk.GZ", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/hk.gz/", agent("Linux x86_64"), 404, PLAIN, NOT_FOUND],
  ["/.gz", {}, 404, PLAIN, NOT_FOUND],
  // The download page.
  ["/", {}, 200, { "content-type": "text/html; charset=utf-8" }, /hk\/20140529\.10\/linux-amd64\.gz/],
  [
    "/hk",
    {},
    200,
    { "content-security-policy": expect.stringContaining("script-src 'sha256-") },
    /hk\/20140529\.10\/linux-amd64\.gz/,
  ],
  ["/hk-canary", {}, 404, PLAIN, NOT_FOUND],
  ["/nope", {}, 404, PLAIN, NOT_FOUND],
  // Paths that lead elsewhere, and nowhere.
  ["//", {}, 301, { location: "/" }, /Moved Permanently/],
  ["//release.json", {}, 301, { location: "/release.json" }, /Moved/],
  ["/hk//current/linux-amd64.json?a=b", {}, 301, { location: "/hk/current/linux-amd64.json?a=b" }, /Moved/],
  ["/hk/../release.json", {}, 301, { location: "/release.json" }, /Moved/],
  ["/hk/20140509/./linux-amd64.json", {}, 301, { location: "/hk/20140509/linux-amd64.json" }, /Moved/],
  ["//%5Cexample.com/", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/", {}, 301, { location: expect.stringMatching(/\/hk$/) }, /Moved/],
  ["/index.html", {}, 404, PLAIN, NOT_FOUND],
  ["/hk%00.gz", {}, 404, PLAIN, NOT_FOUND],
  ["/h%ffk.gz", {}, 404, PLAIN, NOT_FOUND],
  ["/hk/current/%ff.json", {}, 404, PLAIN, NOT_FOUND],
  ["/__proto__/constructor.json", {}, 404, PLAIN, NOT_FOUND],
];

const named = READS.map((row) => [row[0], row[1]["User-Agent"] ?? "", row[2], row] as const);

describe("GET", () => {
  it.each(named)("%s %s -> %d", async (_path, _agent, _status, [path, headers, status, telling, body]) => {
    const answer = await ask(path, headers);
    expect(answer).toMatchObject({ status, headers: { ...telling, ...ALWAYS } });
    if (body instanceof RegExp) expect(answer.body).toMatch(body);
    else expect(answer.body).toBe(body);
  });
});

describe("HEAD has the status and the headers of GET, and no body", () => {
  it.each(named)("%s %s -> %d", async (_path, _agent, _status, [path, headers, status, telling]) => {
    const answer = await ask(path, headers, "HEAD");
    expect(answer).toMatchObject({ status, headers: { ...telling, ...ALWAYS }, body: "" });
  });
});

describe("no other method does anything", () => {
  it.each(["POST", "PATCH", "DELETE"])("%s", async (method) => {
    for (const path of ["/", "/release.json", "/hk.gz", "/hk/current/linux-amd64.json", "/nope"]) {
      const answer = await ask(path, {}, method);
      expect(answer).toMatchObject({ status: 404, headers: { ...PLAIN, ...ALWAYS }, body: NOT_FOUND });
    }
  });
});

describe("release.json", () => {
  it("lists every artifact by command, version and platform", async () => {
    const list = JSON.parse((await ask("/release.json")).body) as ArtifactId[];
    // Other tests released other commands.
    const mine = list.filter(({ cmd }) => /^hk(-canary|staging)?$/.test(cmd));
    expect(mine.map((one) => JSON.stringify(one))).toEqual(ALL.map(document));
  });

  it("is compressed for those who accept it, and the same", async () => {
    const plain = await ask("/release.json");
    expect(plain.headers["content-encoding"]).toBeUndefined();
    const packed = await ask("/release.json", { "Accept-Encoding": "gzip" });
    expect(packed.headers).toMatchObject({ "content-encoding": "gzip", vary: "Accept-Encoding" });
    expect(packed.headers["etag"]).not.toBe(plain.headers["etag"]);
    expect(gunzipSync(packed.bytes)).toEqual(plain.bytes);
  });
});

describe("who has it already", () => {
  const PATHS = [
    "/",
    "/release.json",
    "/hk/current/linux-amd64.json",
    "/hk/linux-amd64.json",
    "/hk/20140509/linux-amd64.json",
  ];

  it.each(PATHS)("is told so: %s", async (path) => {
    const first = await ask(path);
    const etag = first.headers["etag"] ?? "";
    expect(etag).toMatch(STRONG);
    for (const method of ["GET", "HEAD"]) {
      for (const named of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
        const again = await ask(path, { "If-None-Match": named }, method);
        const kept = { etag, "cache-control": first.headers["cache-control"], ...ALWAYS };
        expect(again).toMatchObject({ status: 304, headers: kept, body: "" });
      }
    }
    for (const other of ['"other"', "", `${etag}x`.replaceAll('"', "")]) {
      expect((await ask(path, { "If-None-Match": other })).status).toBe(200);
    }
    const dated = { "If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT", Range: "bytes=0-9" };
    expect(await ask(path, dated)).toMatchObject({ status: 200, body: first.body });
  });
});
