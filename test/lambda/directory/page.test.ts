import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { historyItemKey } from "../../../lambda/shared/keys.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";
import { ARTIFACTS, current, DIRECTORY, directoryOf, ITEMS, recorded } from "./released.ts";

const page = (items: Item[], path = "/") => directoryOf(new MemoryTable(items))("GET", path);
const hex = (first: number) => Buffer.from(sha256(first), "base64").toString("hex");
/** What a reader without style and script sees: runs of white space count as one space. */
const textOf = (body: string) =>
  body
    .replaceAll(/<(style|script)[^>]*>.*?<\/\1>/gs, "")
    .replaceAll(/<[^>]*>/g, " ")
    .replaceAll(/\s+/g, " ");
const linksOf = (body: string) => [...body.matchAll(/href="([^"]*)"/g)].map(([, url]) => url);

/** A change of greet's current that moved linux-amd64 to a version. */
const moved = (revision: number, version: string, from?: string): Item => ({
  ...historyItemKey("greet", revision),
  ...{
    cmd: "greet",
    revision,
    from: from === undefined ? {} : { "linux-amd64": from },
    to: { "linux-amd64": version },
    at: "2026-01-01T00:00:00Z",
    by: "x",
  },
});
const built = (version: string, platform = "linux-amd64", more = {}): Item =>
  artifactItem({
    ...artifact("greet", version, platform, sha256(1)),
    ...{ commit: "b".repeat(40), recordedAt: `${version.slice(0, 4)}-01-02T03:04:05.000Z`, ...more },
  });
const now = (version: string, more = {}): Item => ({
  ...current("greet", { "linux-amd64": { version, sha256: sha256(1) } }),
  ...more,
});

describe("the page of a directory with several commands", () => {
  it("has each command's version, binaries with size and hash, install lines, and the way to its own page", async () => {
    const { status, headers, body } = await page(ITEMS);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    const links = linksOf(body);
    for (const key of [
      "greet/20260131.10/linux-amd64.gz",
      "greet/20260131.2/darwin-arm64.gz",
      "hk/20140529/linux-amd64.gz",
    ]) {
      expect(links).toContain(`${ARTIFACTS}${key}`);
    }
    expect(links).toEqual(expect.arrayContaining([`${DIRECTORY}greet`, `${DIRECTORY}hk`]));
    const text = textOf(body);
    expect(text).toContain("greet Version 20260131.10 · 31 January 2026");
    expect(text).toContain(`Linux, 64-bit Intel or AMD linux-amd64 1 kB, unpacked 2 kB SHA-256 ${hex(4)}`);
    expect(text).toContain("gunzip -c darwin-arm64.gz &gt; greet , chmod +x greet , then sha256sum greet ,");
    // Left out by the last release.
    expect(text).toContain(
      `macOS, Apple silicon darwin-arm64 20260131.2 1 kB, unpacked 2 kB SHA-256 ${hex(2)}`,
    );
    expect(text).toContain(`Install on macOS and Linux curl -fsSL ${DIRECTORY}greet.sh | sh`);
    expect(text).toContain(`Install on Linux curl -fsSL ${DIRECTORY}hk.sh | sh`);
    expect(text).not.toMatch(/Windows, in PowerShell|There is nothing to download/);
  });

  it("shows every command, to the last page of the table", async () => {
    const names = Array.from({ length: 7 }, (_, n) => `tool-${n}`);
    const { body } = await page(
      names.map((cmd) => current(cmd, { "linux-amd64": { version: "1", sha256: sha256(1) } })),
    );
    expect([...body.matchAll(/<section class="command" id="([^"]*)"/g)].map(([, cmd]) => cmd)).toEqual(names);
  });

  it("leaves out a command that has nothing current, as after the yank of its only version", async () => {
    expect(textOf((await page([current("greet", {})])).body)).toContain("There is nothing to download");
  });

  it("says so when there is nothing", async () => {
    expect(textOf((await page([])).body)).toContain("There is nothing to download");
  });

  it("reads a little of each command, and nothing of its past", async () => {
    const table = new MemoryTable(ITEMS);
    table.pageSize = 100;
    await directoryOf(table)("GET", "/");
    const partitions = table.reads.map((read) => JSON.stringify(read).includes("history#"));
    expect(partitions).toEqual([false, false, false, false]);
  });

  it("has ids of its own for each command, whatever it is called", async () => {
    const names = ["a", "a-platforms", "a-name", "releases", "updates", "said"];
    const items = names.map((cmd) => current(cmd, { "linux-amd64": { version: "1", sha256: sha256(1) } }));
    for (const path of ["/", "/releases", "/said"]) {
      const { body } = await page(items, path);
      const ids = [...body.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id);
      expect(ids.length).toBeGreaterThan(5);
      expect(new Set(ids).size).toBe(ids.length);
    }
  });

  it.each([
    ["windows-amd64", /PowerShell/, /curl|gunzip/],
    ["freebsd-amd64", /Install on BSD curl/, /PowerShell/],
    [
      "windows-arm64",
      /unpack the file \(7-Zip does\), call it greet\.exe , then Get-FileHash greet\.exe/,
      /chmod/,
    ],
    ["plan9-386", /plan9, 32-bit/, /curl|PowerShell/],
    ["linux-amd64-musl", /Linux, 64-bit Intel or AMD, musl linux-amd64-musl/, /PowerShell/],
  ])("has no line that could not install %s", async (platform, there, notThere) => {
    const items = [current("greet", { [platform]: { version: "1", sha256: sha256(1) } })];
    const text = textOf((await page(items)).body);
    expect(text).toMatch(there);
    expect(text).not.toMatch(notThere);
  });

  it("leaves out what could not be downloaded, and shows nothing as markup", async () => {
    const odd = { "<b>": { version: "1", sha256: "" }, linux: { version: '"><script>', sha256: "&" } };
    const { body } = await page([current("greet", { ...odd, "linux-arm": { version: "1", sha256: "" } })]);
    expect(body).not.toMatch(/<b>|"><script>/);
    expect(body.match(/data-platform="[^"]*"/g)).toEqual(['data-platform="linux-arm"']);
  });
});

describe("the page of a command", () => {
  const HISTORY = [moved(1, "20210101"), moved(2, "20220101"), moved(3, "20230101")];
  const ROWS = [recorded("20210101", "linux-amd64", 1), built("20220101"), built("20230101")];

  it("has lists that Safari takes for such, though they have no marks", async () => {
    const { body } = await page([...ROWS, ...HISTORY, now("20230101")], "/greet");
    expect(body).toMatch(/<ul role="list"/);
    expect(body).not.toMatch(/<ul(?! role="list")/);
  });

  it("is also that of a directory which has no other", async () => {
    const items = [...ROWS, ...HISTORY, now("20230101")];
    const alone = await page(items);
    expect(alone.body).toBe((await page(items, "/greet")).body);
    expect(alone.body).not.toBe((await page([...items, ...ITEMS.slice(-1)])).body);
  });

  it("lists what was current lately, with its documents where it was built here", async () => {
    const { body } = await page([...ROWS, ...HISTORY, now("20230101")], "/greet");
    const text = textOf(body);
    expect(text).toContain("Recent releases 20230101 current 2 January 2023 Provenance of 20230101 Bills of");
    expect(text).toContain("20220101 2 January 2022 Provenance of 20220101 Bills of materials of 20220101");
    expect(text).toContain("20210101 31 January 2026 Not built by this directory: there are no documents.");
    const documents = linksOf(body).filter((url) => url?.endsWith(".json") && url.startsWith(ARTIFACTS));
    expect(documents).toEqual([
      `${ARTIFACTS}greet/20230101/provenance.json`,
      `${ARTIFACTS}greet/20230101/linux-amd64.cdx.json`,
      `${ARTIFACTS}greet/20220101/provenance.json`,
      `${ARTIFACTS}greet/20220101/linux-amd64.cdx.json`,
    ]);
    expect(text).toContain(`curl -fsSL ${DIRECTORY}greet.sh | sh -s -- --version 20220101`);
  });

  it.each<[string, Item[], string[]]>([
    ["built and never current", [built("20240101"), now("20230101")], ["20230101", "20220101", "20210101"]],
    ["moved back from", [built("20240101"), moved(4, "20240101"), now("20220101")], ["20220101", "20210101"]],
    [
      "moved back from, before a newer one",
      [
        moved(4, "20240101"),
        moved(5, "20230101", "20240101"),
        moved(6, "20250101", "20230101"),
        now("20250101"),
      ],
      ["20250101", "20230101", "20220101", "20210101"],
    ],
    [
      "newer, for as long as nobody went on from an old one",
      [
        ...[4, 5, 6, 7, 8, 9].map((one) => moved(one, `203${one}0101`)),
        moved(10, "20220101"),
        now("20220101"),
      ],
      ["20220101", "20210101"],
    ],
    [
      "withdrawn, and its place goes to an older one",
      [
        ...[4, 5, 6, 7].map((one) => moved(one, `202${one}0101`)),
        now("20270101", { yanked: { "20260101": { reason: "bad", at: "2026-01-01T00:00:00Z", by: "x" } } }),
      ],
      ["20270101", "20250101", "20240101", "20230101", "20220101"],
    ],
    [
      "withdrawn",
      [now("20230101", { yanked: { "20220101": { reason: "bad", at: "2026-01-01T00:00:00Z", by: "x" } } })],
      ["20230101", "20210101"],
    ],
  ])("does not list a version that was %s", async (_, items, versions) => {
    const { body } = await page([...ROWS, ...HISTORY, ...items], "/greet");
    const listed = [...body.matchAll(/<li>\s*<p><strong>([\d.]+)<\/strong>/g)].map(([, version]) => version);
    expect(listed).toEqual(versions);
  });

  it("says for which platforms an older version is current", async () => {
    const standing = (version: string) => ({ version, sha256: sha256(1) });
    const platforms = {
      ...{ "linux-amd64": standing("20230101"), "linux-arm": standing("20230101") },
      ...{ "darwin-arm64": standing("20220101"), "linux-386": standing("20220101") },
    };
    const { body } = await page([...ROWS, current("greet", platforms)], "/greet");
    const text = textOf(body);
    expect(text).toContain("20230101 current 2 January 2023");
    expect(text).toContain("20220101 still current on darwin-arm64, linux-386 2 January 2022");
  });

  it("lists five releases, however many changes made them", async () => {
    const many = Array.from({ length: 40 }, (_, n) => moved(n + 1, String(2000 + Math.floor(n / 2))));
    const { body } = await page([...many, built("2019"), now("2019")], "/greet");
    expect(body.match(/<li>\s*<p><strong>\d+/g)?.map((item) => item.slice(-4))).toEqual([
      "2019",
      "2018",
      "2017",
      "2016",
      "2015",
    ]);
  });

  it("reads no more of a long history than it may need", async () => {
    const table = new MemoryTable([...ROWS, ...HISTORY, now("20230101")]);
    await directoryOf(table)("GET", "/greet");
    const limits = table.reads.flatMap((read) => ("Limit" in read ? [read.Limit] : []));
    expect(new Set(limits)).toEqual(new Set([10]));
    expect(table.reads.map(({ ConsistentRead }) => ConsistentRead)).not.toContain(true);
  });

  it("has no sizes and dates of a version whose rows somebody has deleted, and is there", async () => {
    const text = textOf((await page([now("20230101")], "/greet")).body);
    expect(text).toContain("Version 20230101 Choose");
    expect(text).toContain(`linux-amd64 SHA-256 ${hex(1)}`);
  });

  it("says nothing that a row changed by hand does not say", async () => {
    const row = { ...built("20230101"), size: undefined, gzSize: undefined, recordedAt: undefined };
    const bare = { ...now("20230101"), platforms: { "linux-amd64": { version: "20230101", sha256: "" } } };
    const { status, body } = await page([row, bare], "/greet");
    expect(status).toBe(200);
    expect(textOf(body)).not.toMatch(/NaN|Invalid|undefined|SHA-256 (Copy|<|$)/);
    expect(body).not.toContain('data-copy=""');
  });

  it.each([
    "/nope",
    "/gr_eet",
    `/${"a".repeat(65)}`,
    "/constructor",
    "/greet.html",
  ])("%s is 404", async (path) => {
    expect((await page(ITEMS, path)).status).toBe(404);
  });

  it.each(["/greet/", "/nope/"])("%s leads to the address without the slash", async (path) => {
    const { status, headers } = await page(ITEMS, path);
    expect([status, headers["location"]]).toEqual([301, `${DIRECTORY}${path.slice(1, -1)}`]);
  });

  it("is 404 when all of it was withdrawn", async () => {
    const yanked = { "20230101": { reason: "bad", at: "2026-01-01T00:00:00Z", by: "x" } };
    expect((await page([now("20230101", { yanked })], "/greet")).status).toBe(404);
  });
});

describe("the policy of the page", () => {
  it("names exactly the style and the script that are in it", async () => {
    const { headers, body } = await page(ITEMS);
    const hash = (text: string | undefined) =>
      `'sha256-${createHash("sha256")
        .update(text ?? "")
        .digest("base64")}'`;
    const [, style] = /<style>(.*?)<\/style>/s.exec(body) ?? [];
    const [, script] = /<script type="module">(.*?)<\/script>/s.exec(body) ?? [];
    const policy = new Map(
      headers["content-security-policy"]?.split("; ").map((part) => {
        const [name = "", ...values] = part.split(" ");
        return [name, values.join(" ")];
      }),
    );
    expect(Object.fromEntries(policy)).toEqual({
      "default-src": "'none'",
      "style-src": hash(style),
      "script-src": hash(script),
      "img-src": "data:",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
      "require-trusted-types-for": "'script'",
    });
    expect(body).not.toMatch(/ style="| on\w+="/);
  });
});
