import { describe, expect, it } from "vitest";
import { installer } from "../../../lambda/directory/installer.ts";
import { unpacked } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { ARTIFACTS, current, DIRECTORY, directoryOf, ITEMS, NOT_FOUND, URLS } from "./released.ts";

const KINDS = ["sh", "ps1"] as const;
const standing = { version: "20260131", sha256: sha256(1) };

describe.each(KINDS)("/{cmd}.%s", (kind) => {
  it("is the installer with this deployment's URLs, after one read", async () => {
    const table = new MemoryTable(ITEMS);
    const answer = await directoryOf(table)("GET", `/greet.${kind}`);
    expect(answer).toMatchObject({
      status: 200,
      headers: {
        "content-type": "text/plain; charset=utf-8",
        "cache-control": "public, max-age=60, stale-if-error=86400",
        etag: expect.stringMatching(/^".+"$/),
      },
    });
    for (const value of ["greet", DIRECTORY, ARTIFACTS, "darwin-arm64 linux-amd64", "GREET"]) {
      expect(answer.body).toContain(`'${value}'`);
    }
    expect(answer.body).not.toMatch(/@[A-Z_]+@/);
    expect(table.reads).toHaveLength(1);
  });

  it("is the same packed, and HEAD has its headers", async () => {
    const ask = directoryOf(new MemoryTable(ITEMS));
    const plain = await ask("GET", `/greet.${kind}`);
    const packed = await ask("GET", `/greet.${kind}`, { headers: { "Accept-Encoding": "gzip" } });
    expect(packed.headers["content-encoding"]).toBe("gzip");
    expect(unpacked(packed)).toBe(plain.body);
    expect(await ask("HEAD", `/greet.${kind}`)).toMatchObject({
      status: 200,
      headers: plain.headers,
      body: "",
    });
  });

  it("names only platforms that clients are told and that URLs can hold", async () => {
    const withdrawn = { version: "20260201", sha256: sha256(2) };
    const row = {
      ...current("greet", {
        "linux-amd64": standing,
        "linux-arm64": withdrawn,
        "it's": standing,
        "a b": standing,
        "$(reboot)": standing,
      }),
      yanked: { "20260201": { reason: "bad", at: "", by: "" } },
    };
    const { body } = await directoryOf(new MemoryTable([row]))("GET", `/greet.${kind}`);
    expect(body).toContain("platforms = 'linux-amd64'".replace(" = ", kind === "sh" ? "=" : " = "));
    expect(body).not.toMatch(/it's'|\$\(reboot\)/);
  });

  it.each([
    ["the command is unknown", "/nope", 1],
    ["the command has nothing current", "/empty", 1],
    ["all that is current has an odd name", "/odd", 1],
    ["the name is none", "/gr_eet", 0],
    ["the name is too long", `/${"a".repeat(65)}`, 0],
    ["it is looked for elsewhere", "/greet/greet", 0],
    ["there is no name", "/", 0],
  ])("is missing when %s", async (_what, path, reads) => {
    const table = new MemoryTable([...ITEMS, current("empty", {}), current("odd", { "a b": standing })]);
    const answer = await directoryOf(table)("GET", `${path}.${kind}`);
    expect(answer).toMatchObject({ status: 404, body: NOT_FOUND });
    expect(table.reads).toHaveLength(reads);
  });

  it.each([
    ["greet", "GREET"],
    ["hk-canary", "HK_CANARY"],
    ["9x", "_9X"],
    ["-x", "_X"],
  ])("of %s looks at variables that begin with %s", (cmd, variable) => {
    expect(installer(kind, { cmd, platforms: ["linux-amd64"], ...URLS })).toContain(`'${variable}'`);
  });

  it.each([
    "https://a'b/",
    "https://a\nb/",
    "https://a\\b/",
    'https://a"b/',
    "https://a\u2019b/",
    "https://a`b/",
  ])("is not made with %j in it, which could end a quoted text", (directoryUrl) => {
    const make = () => installer(kind, { cmd: "greet", platforms: [], ...URLS, directoryUrl });
    expect(make).toThrow("no value for DIRECTORY_URL");
  });
});
