import { beforeEach, describe, expect, it } from "vitest";
import type { Ask } from "../gateway.ts";
import { MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { ARTIFACTS, current, directoryOf, NOT_FOUND, recorded } from "./released.ts";

const YANK = { reason: "eats files", at: "2026-01-31T12:00:00.000Z", by: "arn:of:an:execution" };
let ask: Ask;
beforeEach(() => {
  ask = directoryOf(
    new MemoryTable([
      recorded("1", "linux-amd64", 1),
      recorded("2", "linux-amd64", 2),
      recorded("2", "darwin-arm64", 3),
      recorded("2", "linux-amd64", 4, "hk"),
      // On darwin-arm64 no good version was left.
      {
        ...current("greet", { "linux-amd64": { version: "1", sha256: sha256(1) } }),
        yanked: { "2": YANK },
      },
    ]),
  );
});

describe("a withdrawn version", () => {
  it.each([
    "/greet/2/linux-amd64.json",
    "/greet/2/darwin-arm64.json",
    "/greet/current/darwin-arm64.json",
    "/greet/darwin-arm64.json",
    "/greet.gz?platform=darwin-arm64",
  ])("is 404: %s", async (path) => {
    expect(await ask("GET", path)).toMatchObject({ status: 404, body: NOT_FOUND });
  });

  it("is not told either when somebody made it current by hand", async () => {
    const row = current("greet", { "linux-amd64": { version: "2", sha256: sha256(2) } });
    const wrong = directoryOf(new MemoryTable([{ ...row, yanked: { "2": YANK } }]));
    for (const path of ["/greet/current/linux-amd64.json", "/greet.gz?platform=linux-amd64"]) {
      expect(await wrong("GET", path)).toMatchObject({ status: 404 });
    }
    expect((await wrong("GET", "/")).body).not.toContain("linux-amd64");
  });

  it("is left out of the list, and the same version of another command is not", async () => {
    const { body } = await ask("GET", "/release.json");
    expect((JSON.parse(body) as object[]).map((one) => Object.values(one).slice(0, 3).join(" "))).toEqual([
      "linux-amd64 1 greet",
      "linux-amd64 2 hk",
    ]);
  });

  it.each([
    ["/greet/1/linux-amd64.json", 200],
    ["/hk/2/linux-amd64.json", 200],
    ["/greet/current/linux-amd64.json", 200],
  ])("leaves the others alone: %s", async (path, status) => {
    expect((await ask("GET", path)).status).toBe(status);
  });

  it("is never redirected to", async () => {
    const { status, headers } = await ask("GET", "/greet.gz", { headers: { "User-Agent": "Linux x86_64" } });
    expect([status, headers["location"]]).toEqual([307, `${ARTIFACTS}greet/1/linux-amd64.gz`]);
  });

  it.each([
    "/",
    "/release.json",
    "/greet/current/linux-amd64.json",
    "/greet/1/linux-amd64.json",
  ])("keeps its reason to itself: %s", async (path) => {
    const { body } = await ask("GET", path);
    for (const word of ["yanked", YANK.reason, YANK.by]) expect(body).not.toContain(word);
  });
});
