import { handle } from "hono/aws-lambda";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { directory } from "../../../lambda/directory/app.ts";
import type { Current } from "../../../lambda/shared/current.ts";
import { currentItemKey } from "../../../lambda/shared/keys.ts";
import type { Table } from "../../../lambda/shared/table.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";

const current = (cmd: string, platforms: Current["platforms"]) => ({
  ...currentItemKey(cmd),
  cmd,
  revision: 3,
  platforms,
});
const recorded = (version: string, platform: string, hash: number, cmd = "greet") =>
  artifactItem(artifact(cmd, version, platform, sha256(hash)));

const ITEMS = [
  recorded("20260131.10", "linux-amd64", 4),
  recorded("20260131.2", "linux-amd64", 3),
  recorded("20260131.2", "darwin-arm64", 2),
  recorded("20140529", "linux-amd64", 5, "hk"),
  recorded("20260101", "linux-amd64", 1),
  current("greet", {
    "linux-amd64": { version: "20260131.10", sha256: sha256(4) },
    "darwin-arm64": { version: "20260131.2", sha256: sha256(2) },
  }),
  current("hk", { "linux-amd64": { version: "20140529", sha256: sha256(5) } }),
];

const BASE = "https://directory.example.com";
const ARTIFACTS = "https://artifacts.example.com/";
const NOT_FOUND = "404 page not found\n";

let table: MemoryTable;
let ask: (path: string, init?: RequestInit) => Promise<Response>;

beforeEach(() => {
  table = new MemoryTable(ITEMS);
  const app = directory(table, ARTIFACTS);
  ask = async (path, init) => app.request(`${BASE}${path}`, init);
});
afterEach(() => expect(table.written).toEqual([]));

const LINUX_NOW = `{"platform":"linux-amd64","version":"20260131.10","cmd":"greet","sha256":"${sha256(4)}"}\n`;
const DARWIN_NOW = `{"platform":"darwin-arm64","version":"20260131.2","cmd":"greet","sha256":"${sha256(2)}"}\n`;

describe("a document", () => {
  it.each([
    ["what is current, for hk", "/greet/current/linux-amd64.json", LINUX_NOW],
    ["what is current on another platform", "/greet/current/darwin-arm64.json", DARWIN_NOW],
    ["what is current, for go-selfupdate", "/greet/linux-amd64.json", LINUX_NOW],
    ["the hash of a version", "/greet/20260131.2/linux-amd64.json", `{"sha256":"${sha256(3)}"}\n`],
    ["the hash of an older version", "/greet/20260101/linux-amd64.json", `{"sha256":"${sha256(1)}"}\n`],
  ])("tells %s, with one read of the table: %s", async (_, path, body) => {
    const answer = await ask(path);
    expect(await answer.text()).toBe(body);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(table.reads).toHaveLength(1);
  });

  it.each([
    ["an unknown command", "/nope/current/linux-amd64.json"],
    ["a platform without a current version", "/greet/current/windows-amd64.json"],
    ["the same for go-selfupdate", "/greet/windows-amd64.json"],
    ["an unknown version", "/greet/20260131.3/linux-amd64.json"],
    ["a version that is not there on this platform", "/greet/20260101/darwin-arm64.json"],
    ["a version of another command", "/hk/20260101/linux-amd64.json"],
    ["a platform that is called like a property of every object", "/greet/current/constructor.json"],
    ["the same for go-selfupdate", "/greet/toString.json"],
  ])("is missing for %s: %s", async (_, path) => {
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/plain/);
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
    "/greet/current/linux%00amd64.json",
    "/greet/current/linux%2Famd64.json",
    "/greet%2Fcurrent%2Flinux-amd64.json",
    "/greet/current/linux%23amd64.json",
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
    "/greet/1234567890/linux-amd64.json",
    "/greet/20260131./linux-amd64.json",
    "/greet/Current/linux-amd64.json",
    "/gr_eet.gz",
    "/.gz",
    "/greet.GZ",
    "/greet.gz/",
    "/greet/20260131.2/linux-amd64.gz",
  ])("%s", async (path) => {
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
    expect(table.reads).toEqual([]);
  });
});

describe("unknown paths and methods are 404 and never reach the table", () => {
  it.each([
    ["GET", "/greet"],
    ["GET", "/greet/"],
    ["GET", "/release.json/"],
    ["GET", "/Release.json"],
    ["GET", "/release"],
    ["GET", "/index.html"],
    ["GET", "/favicon.ico"],
    ["GET", "/greet/current/linux-amd64.json/"],
    ["GET", "/greet/20260131.2/linux-amd64.json/x"],
    ["GET", "/x/greet/current/linux-amd64.json"],
    ["POST", "/"],
    ["POST", "/release.json"],
    ["DELETE", "/greet/current/linux-amd64.json"],
    ["PATCH", "/greet/20260131.2/linux-amd64.json"],
    ["OPTIONS", "/greet/current/linux-amd64.json"],
    ["POST", "/greet.gz"],
  ])("%s %s", async (method, path) => {
    const answer = await ask(path, { method });
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
    expect(table.reads).toEqual([]);
  });

  // Permissions to write go by path, so a path has one spelling. The gateway decodes a path once: what is still
  // encoded here was so twice.
  it.each([
    "/greet/curren%74/linux-amd64.json",
    "/gree%74/current/linux-amd64.json",
    "/greet/current/linux%2Damd64.json",
    "/greet/2026013%31.2/linux-amd64.json",
    "/gree%74.gz",
    "/release%2Ejson",
    "/%72elease.json",
    "/release.json%20",
    "/release.json%00",
    "/greet/20260131.2/linux-amd64.json%",
    "/greet/20260131.2/linux-amd64.json~",
    "/greet/20260131.2/linux-amd64.json;v=1",
    "/greet/20260131.2/@linux-amd64.json",
    "/gr*et/20260131.2/linux-amd64.json",
  ])("GET %s, another spelling of a path", async (path) => {
    const answer = await ask(path, { headers: { "User-Agent": "Linux x86_64" } });
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
    expect(table.reads).toEqual([]);
  });

  describe("as the gateway hands it over", () => {
    /** What the HTTP API sends to the function; the path is as raw as it can be. */
    const viaGateway = async (rawPath: string) => {
      const event = {
        version: "2.0",
        rawPath,
        rawQueryString: "",
        headers: { host: "directory.example.com", "user-agent": "Linux x86_64" },
        requestContext: { domainName: "directory.example.com", http: { method: "GET", path: rawPath } },
        isBase64Encoded: false,
      };
      const answer: unknown = await handle(directory(table, ARTIFACTS))(event as never);
      const { statusCode, body } = answer as { statusCode: number; body: string };
      return [statusCode, body];
    };

    it("the one spelling is answered", async () => {
      expect(await viaGateway("/greet/current/linux-amd64.json")).toEqual([200, LINUX_NOW]);
    });

    // Each is another path for IAM, and all would be `/greet/current/linux-amd64.json` to one who tidies up first.
    it.each([
      "/hk/../greet/current/linux-amd64.json",
      "/hk/%2e%2e/greet/current/linux-amd64.json",
      "/hk/.%2E/greet/current/linux-amd64.json",
      "/greet/./current/linux-amd64.json",
      "/greet/%2e/current/linux-amd64.json",
      "/greet\\current\\linux-amd64.json",
      "/greet/cur\trent/linux-amd64.json",
      "/greet/current/linux-amd64.json?x=y",
      "/greet/current/linux-amd64.json#x",
    ])("%j is not", async (rawPath) => {
      expect(await viaGateway(rawPath)).toEqual([404, NOT_FOUND]);
      expect(table.reads).toEqual([]);
    });
  });
});

describe("the full binary", () => {
  it.each([
    ["Linux x86_64", "greet/20260131.10/linux-amd64.gz"],
    ["Darwin arm64", "greet/20260131.2/darwin-arm64.gz"],
    ["curl/8.5.0", "greet/20260131.10/linux-amd64.gz"],
  ])("of the caller's platform is where /greet.gz sends %j", async (userAgent, key) => {
    const answer = await ask("/greet.gz", { headers: { "User-Agent": userAgent } });
    expect([answer.status, await answer.text()]).toEqual([307, ""]);
    expect(answer.headers.get("Location")).toBe(`${ARTIFACTS}${key}`);
    expect(table.reads).toHaveLength(1);
  });

  it("is found without a User-Agent too", async () => {
    const answer = await ask("/greet.gz");
    expect(answer.headers.get("Location")).toBe(`${ARTIFACTS}greet/20260131.10/linux-amd64.gz`);
  });

  it.each([
    ["the platform has no current version", "/greet.gz", "Mozilla/5.0 (Windows NT 10.0; Win64; x64)"],
    ["the command is unknown", "/nope.gz", "Linux x86_64"],
    ["the caller is a phone", "/greet.gz", "Mozilla/5.0 (Linux; Android 14; Pixel 8)"],
    [
      "the caller is a phone that is like a Mac",
      "/greet.gz",
      "Mozilla/5.0 (iPhone; CPU like Mac OS X) arm64",
    ],
  ])("is missing when %s", async (_, path, userAgent) => {
    const answer = await ask(path, { headers: { "User-Agent": userAgent } });
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
  });
});

describe("release.json", () => {
  const ALL = [
    ["linux-amd64", "20260101", "greet", 1],
    ["darwin-arm64", "20260131.2", "greet", 2],
    ["linux-amd64", "20260131.2", "greet", 3],
    ["linux-amd64", "20260131.10", "greet", 4],
    ["linux-amd64", "20140529", "hk", 5],
  ] as const;

  it("lists every artifact by command, version and platform, to the last page", async () => {
    const answer = await ask("/release.json");
    const rows = ALL.map(
      ([platform, version, cmd, hash]) =>
        `{"platform":"${platform}","version":"${version}","cmd":"${cmd}","sha256":"${sha256(hash)}"}`,
    );
    expect(await answer.text()).toBe(`[${rows.join(",")}]\n`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("application/json");
    expect(answer.headers.get("Last-Modified")).toBeNull();
  });

  it("is an empty list when there is nothing", async () => {
    const answer = await directory(new MemoryTable([]), ARTIFACTS).request("/release.json");
    expect([answer.status, await answer.text()]).toEqual([200, "[]\n"]);
  });

  it("has an ETag that follows the content", async () => {
    const tag = async (items: Item[]) =>
      (await directory(new MemoryTable(items), ARTIFACTS).request("/release.json")).headers.get("ETag");
    expect(await tag(ITEMS)).toMatch(/^"[^"]+"$/);
    expect(await tag(ITEMS)).toBe(await tag(ITEMS.toReversed()));
    expect(await tag(ITEMS)).not.toBe(await tag(ITEMS.slice(1)));
    expect(await tag(ITEMS)).not.toBe(await tag([...ITEMS, recorded("20260131.2", "linux-arm", 3)]));
  });

  it("is not sent again to one who has it", async () => {
    const tag = (await ask("/release.json")).headers.get("ETag") ?? "";
    const status = async (noneMatch: string) =>
      (await ask("/release.json", { headers: { "If-None-Match": noneMatch } })).status;

    const again = await ask("/release.json", { headers: { "If-None-Match": tag } });
    expect([again.status, await again.text(), again.headers.get("ETag")]).toEqual([304, "", tag]);
    expect(await status(`W/${tag}`)).toBe(304);
    expect(await status(`"other", ${tag}`)).toBe(304);
    expect(await status('"other"')).toBe(200);
    expect(await status(tag.slice(0, -2))).toBe(200);
  });
});

describe("the download page", () => {
  it("links every command's current binaries", async () => {
    const answer = await ask("/");
    const page = await answer.text();
    expect(answer.status).toBe(200);
    expect(answer.headers.get("Content-Type")).toBe("text/html; charset=UTF-8");
    for (const key of [
      "greet/20260131.10/linux-amd64.gz",
      "greet/20260131.2/darwin-arm64.gz",
      "hk/20140529/linux-amd64.gz",
    ]) {
      expect(page).toContain(`href="${ARTIFACTS}${key}"`);
    }
    const text = page.replaceAll(/<[^>]*>/g, "");
    expect(text).toContain(`linux-amd64 20260131.10SHA-256 ${sha256(4)}`);
    expect(text).toContain(`darwin-arm64 20260131.2SHA-256 ${sha256(2)}`);
    expect(page).not.toContain("Nothing has been released yet");
  });

  it("says so when nothing has been released", async () => {
    const answer = await directory(new MemoryTable([]), ARTIFACTS).request("/");
    expect(await answer.text()).toContain("Nothing has been released yet");
  });

  it("shows text as text", async () => {
    const items = [current("greet", { "<b>": { version: '"><script>', sha256: "&" } })];
    const page = await (await directory(new MemoryTable(items), ARTIFACTS).request("/")).text();
    expect(page).not.toMatch(/<b>|<script>/);
  });
});

describe("HEAD answers like GET, without a body", () => {
  it.each([
    "/",
    "/release.json",
    "/greet.gz",
    "/greet/current/linux-amd64.json",
    "/greet/linux-amd64.json",
    "/greet/20260131.2/linux-amd64.json",
    "/greet/current/windows-amd64.json",
    "/nope",
    "//greet//linux-amd64.json",
  ])("%s", async (path) => {
    const headers = { "User-Agent": "Linux x86_64" };
    const get = await ask(path, { headers });
    const head = await ask(path, { method: "HEAD", headers });
    const rest = (answer: Response) => [...answer.headers].filter(([name]) => name !== "content-length");
    expect([head.status, rest(head), await head.text()]).toEqual([get.status, rest(get), ""]);
  });

  it("also to one who has it", async () => {
    const tag = (await ask("/release.json")).headers.get("ETag") ?? "";
    const head = await ask("/release.json", { method: "HEAD", headers: { "If-None-Match": tag } });
    expect(head.status).toBe(304);
  });
});

describe("a path with empty parts is redirected to the clean one", () => {
  it.each([
    ["//", "/"],
    ["///", "/"],
    ["//greet/current/linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/greet//current///linux-amd64.json", "/greet/current/linux-amd64.json"],
    ["/release.json//", "/release.json/"],
    ["//example.com/", "/example.com/"],
    ["//gr_eet", "/gr_eet"],
    ["//release.json?a=b&c=%2F//d", "/release.json?a=b&c=%2F//d"],
    ["/greet//current/linux-amd64.json?", "/greet/current/linux-amd64.json"],
  ])("%s -> %s", async (path, clean) => {
    const answer = await ask(path);
    expect([answer.status, answer.headers.get("Location")]).toEqual([301, clean]);
    expect(table.reads).toEqual([]);
  });

  // A browser takes `\` for `/` and drops tabs and line ends, so these would lead it to another host.
  it.each([
    "//%5Cexample.com/",
    "//%09/example.com/",
    "//%0A/example.com/",
    "//%0D%0ASet-Cookie:%20a=b",
    "//gr%C3%BC%C3%9Fe",
    "//gree%74",
    "/greet//current/linux%2Damd64.json",
  ])("%s is no path of ours, and not redirected", async (path) => {
    const answer = await ask(path);
    expect([answer.status, await answer.text()]).toEqual([404, NOT_FOUND]);
    expect([answer.headers.get("Location"), answer.headers.get("Set-Cookie")]).toEqual([null, null]);
    expect(table.reads).toEqual([]);
  });

  it.each([
    "//release.json?%0D%0ASet-Cookie:%20a=b",
    "//?//example.com/",
    "//?%5C%5Cexample.com",
  ])("%s stays on this host", async (path) => {
    const answer = await ask(path);
    expect(answer.status).toBe(301);
    expect(new URL(answer.headers.get("Location") ?? "", BASE).origin).toBe(BASE);
    expect(answer.headers.get("Set-Cookie")).toBeNull();
  });
});

describe("when the table does not answer", () => {
  it("the answer is 503 with a plain line, and the cause is in the log", async () => {
    const lines = vi.spyOn(console, "log").mockImplementation(() => {});
    const send = () => Promise.reject(new Error("secret detail"));
    const broken = { name: "table-1", documents: { send } } as unknown as Table;
    const answer = await directory(broken, ARTIFACTS).request("/release.json");
    const logged = JSON.parse(String(lines.mock.lastCall?.[0]));
    lines.mockRestore();

    expect(answer.status).toBe(503);
    expect(answer.headers.get("Content-Type")).toMatch(/^text\/plain/);
    expect(answer.headers.get("Retry-After")).toMatch(/^\d+$/);
    const body = await answer.text();
    expect(body).toMatch(/^[^\n]+\n$/);
    expect(body).not.toContain("secret");
    expect(logged).toMatchObject({ event: "failed", path: "/release.json", error: "Error: secret detail" });
  });
});
