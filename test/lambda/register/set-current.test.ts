import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import type { Current } from "../../../lambda/shared/current.ts";
import { currentItemKey, historyItemKey } from "../../../lambda/shared/keys.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { artifact, sha256 } from "../support.ts";
import { ADA, NOW, put, registryOf } from "./registry.ts";

const PATH = "/greet/current/linux-amd64.json";

/** Each version has a hash of its own. */
const hashOf = (version: string) => sha256(Number(version.split(".").at(-1)));
const at = (version: string) => ({ version, sha256: hashOf(version) });
const registered = (version: string, platform = "linux-amd64", cmd = "greet") =>
  artifactItem(artifact(cmd, version, platform, hashOf(version)));
const current = (revision: number, platforms: Current["platforms"]): Item => ({
  ...currentItemKey("greet"),
  cmd: "greet",
  revision,
  platforms,
});

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());
const logged = () => lines.mock.calls.map(([text]) => JSON.parse(String(text)));

const set = (table: MemoryTable, version: string, query = "", path = PATH) =>
  put(registryOf(table), `${path}${query}`, { version });

describe("a registered version becomes current", () => {
  it.each<{
    when: string;
    version: string;
    before?: Item;
    query?: string;
    revision: number;
    after: Current["platforms"];
    from: Record<string, string>;
  }>([
    { when: "the command has none", version: "5", revision: 1, after: { "linux-amd64": at("5") }, from: {} },
    {
      when: "the platform has none",
      version: "5",
      before: current(1, { "darwin-arm64": at("9") }),
      revision: 2,
      after: { "darwin-arm64": at("9"), "linux-amd64": at("5") },
      from: {},
    },
    {
      when: "it is newer, on that platform only",
      version: "5",
      before: current(3, { "linux-amd64": at("4"), "darwin-arm64": at("4") }),
      revision: 4,
      after: { "linux-amd64": at("5"), "darwin-arm64": at("4") },
      from: { "linux-amd64": "4" },
    },
    {
      when: "it is newer by number, not by text",
      version: "20140529.10",
      before: current(1, { "linux-amd64": at("20140529.2") }),
      revision: 2,
      after: { "linux-amd64": at("20140529.10") },
      from: { "linux-amd64": "20140529.2" },
    },
    {
      when: "it is newer and going back is allowed",
      version: "5",
      before: current(3, { "linux-amd64": at("4") }),
      query: "?force=true",
      revision: 4,
      after: { "linux-amd64": at("5") },
      from: { "linux-amd64": "4" },
    },
    {
      when: "it is older and going back is allowed",
      version: "4",
      before: current(3, { "linux-amd64": at("5") }),
      query: "?force=true",
      revision: 4,
      after: { "linux-amd64": at("4") },
      from: { "linux-amd64": "5" },
    },
  ])("when $when", async ({ version, before, query, revision, after, from }) => {
    const table = new MemoryTable([registered(version), ...(before ? [before] : [])]);
    expect(await set(table, version, query)).toMatchObject({ status: 200, body: "ok\n" });
    const entry = { cmd: "greet", revision, from, to: { "linux-amd64": version }, at: NOW, by: ADA };
    expect(table.written).toEqual([
      current(revision, after),
      { ...historyItemKey("greet", revision), ...entry },
    ]);
    expect(logged()).toEqual([{ event: "current-changed", ...entry }]);
    for (const read of table.reads) expect(read.ConsistentRead).toBe(true);
  });

  it.each(["Version", "VERSION", "verſion"])("when the body names it as %j", async (name) => {
    const table = new MemoryTable([registered("5")]);
    expect(await put(registryOf(table), PATH, { [name]: "5" })).toMatchObject({ status: 200 });
    expect(table.find(currentItemKey("greet"))).toMatchObject({ platforms: { "linux-amd64": at("5") } });
  });

  it("on a platform that is called like a property of every object", async () => {
    const platform = "constructor";
    const table = new MemoryTable([
      registered("5", platform),
      registered("6", platform),
      current(1, { "linux-amd64": at("9") }),
    ]);
    for (const version of ["5", "6"]) {
      expect(await set(table, version, "", `/greet/current/${platform}.json`)).toMatchObject({ status: 200 });
    }
    expect(table.written.at(-1)).toMatchObject({ from: { [platform]: "5" }, to: { [platform]: "6" } });
  });
});

describe("the same version again is 200 and writes nothing", () => {
  it.each(["", "?force=true"])("%s", async (query) => {
    const table = new MemoryTable([registered("5"), current(3, { "linux-amd64": at("5") })]);
    expect(await set(table, "5", query)).toMatchObject({ status: 200, body: "ok\n" });
    expect(table.written).toEqual([]);
    expect(logged()).toEqual([]);
  });

  it("also right after it was set", async () => {
    const table = new MemoryTable([registered("5")]);
    for (let n = 0; n < 3; n++) expect(await set(table, "5")).toMatchObject({ status: 200 });
    expect(table.written).toHaveLength(2);
  });
});

describe("an older version is 409 and writes nothing", () => {
  it.each([
    "",
    "?force",
    "?force=",
    "?force=1",
    "?force=TRUE",
    "?force=false",
    "?force=false&force=true",
    "?Force=true",
    "?x=force=true",
  ])("with %j", async (query) => {
    const table = new MemoryTable([registered("4"), current(3, { "linux-amd64": at("5") })]);
    const { status, body } = await set(table, "4", query);
    expect([status, body]).toEqual([409, expect.stringMatching(/at 5, .*\?force=true.* 4\n$/)]);
    expect(table.written).toEqual([]);
  });

  it("also by its second number", async () => {
    const now = current(3, { "linux-amd64": at("20140529.10") });
    for (const version of ["20140529.2", "20140529", "20140528.11"]) {
      expect(await set(new MemoryTable([registered(version), now]), version)).toMatchObject({ status: 409 });
    }
  });
});

describe("a version that is not registered there is 422 and writes nothing", () => {
  it.each([
    ["an unknown one", "6"],
    ["one of another platform", "7"],
    ["one of another command", "8"],
    ["nothing", ""],
    ["a tag", "v5"],
    ["another spelling", "05"],
    ["another spelling", "5.0"],
    ["another spelling", " 5"],
    ["a word", "current"],
    ["a key", "5#linux-amd64"],
    ["too long", "1234567890"],
    ["strange", "５"],
    ["strange", "5\n"],
  ])("%s: %j", async (_, version) => {
    const items = [registered("5"), registered("7", "darwin-arm64"), registered("8", "linux-amd64", "hk")];
    for (const query of ["", "?force=true"]) {
      const table = new MemoryTable(items);
      const { status, body } = await set(table, version, query);
      expect([status, body]).toEqual([422, expect.stringMatching(/^[^\n]+ register it first\n$/)]);
      expect(table.written).toEqual([]);
    }
  });
});

describe("when somebody else changes it at the same time", () => {
  /** A table in which `meanwhile` happens just before the first transaction arrives. */
  const raced = (items: Item[], meanwhile: (table: MemoryTable) => Promise<unknown>) => {
    const table = new MemoryTable(items);
    const send = table.documents.send.bind(table.documents) as (command: unknown) => Promise<unknown>;
    let first = true;
    const raced = async (command: unknown) => {
      if (command instanceof TransactWriteCommand && first) {
        first = false;
        await meanwhile(table);
      }
      return send(command);
    };
    table.documents.send = raced as unknown as typeof table.documents.send;
    return table;
  };
  const all = ["3", "4", "5", "6"].map((version) => registered(version));

  it.each([
    ["to an older one, it goes on from there", "4", 200, ["3", "4", "5"]],
    ["to a newer one, it is 409", "6", 409, ["3", "6"]],
    ["to the same, it is 200", "5", 200, ["3", "5"]],
  ])("%s", async (_, theirs, status, versions) => {
    const table = raced([...all, current(1, { "linux-amd64": at("3") })], (table) => set(table, theirs));
    expect((await set(table, "5")).status).toBe(status);
    const history = table.written.filter(({ pk }) => pk === "history#greet");
    const path = ["3", ...history.map((entry) => (entry["to"] as Record<string, string>)["linux-amd64"])];
    expect(path).toEqual(versions);
    expect(table.find(currentItemKey("greet"))).toMatchObject({
      revision: versions.length,
      platforms: { "linux-amd64": at(versions.at(-1) ?? "") },
    });
  });

  it("for the first time ever, it goes on from there", async () => {
    const table = raced(all, (table) => set(table, "3"));
    expect(await set(table, "5")).toMatchObject({ status: 200 });
    expect(table.find(historyItemKey("greet", 2))).toMatchObject({ from: { "linux-amd64": "3" } });
  });

  const cancelled = (Code: string) =>
    new TransactionCanceledException({
      message: "secret",
      $metadata: {},
      CancellationReasons: [{ Code: "None" }, { Code }],
    });

  it("and the table is busy with it, it tries again", async () => {
    const table = raced(all, () => Promise.reject(cancelled("TransactionConflict")));
    expect(await set(table, "5")).toMatchObject({ status: 200 });
    expect(table.written).toHaveLength(2);
  });

  it.each([
    "ThrottlingError",
    "ValidationError",
    "ItemCollectionSizeLimitExceeded",
  ])("but the table cancels for another reason, it is 503: %s", async (code) => {
    const table = raced(all, () => Promise.reject(cancelled(code)));
    const { status, body } = await set(table, "5");
    expect(status).toBe(503);
    expect(body).not.toContain("secret");
    expect(table.written).toEqual([]);
  });
});

it.each([
  "",
  "?force=true",
])("a withdrawn version is 409 with the reason, forced or not: %j", async (query) => {
  const yank = { reason: "eats files", at: "2026-01-09T00:00:00.000Z", by: "eve" };
  const before = { ...current(3, { "linux-amd64": at("4") }), yanked: { "5": yank } };
  const table = new MemoryTable([registered("5"), before]);
  expect(await set(table, "5", query)).toMatchObject({
    status: 409,
    body: expect.stringMatching(
      /^greet 5 was withdrawn at .* by eve: eats files\. To undo that, .*"yank":false}\.\n$/,
    ),
  });
  expect(table.written).toEqual([]);
});

it("what was withdrawn stays so when another version becomes current", async () => {
  const yanked = { "5": { reason: "eats files", at: "2026-01-09T00:00:00.000Z", by: "eve" } };
  const table = new MemoryTable([registered("6"), { ...current(3, {}), yanked }]);
  await set(table, "6");
  expect(table.find(currentItemKey("greet"))).toMatchObject({ revision: 4, yanked });
});
