import { describe, expect, it } from "vitest";
import { type Item, MemoryTable } from "../memory-table.ts";
import { sha256 } from "../support.ts";
import { ARTIFACTS, current, directoryOf, ITEMS } from "./released.ts";

const page = (items: Item[]) => directoryOf(new MemoryTable(items))("GET", "/");

describe("the download page", () => {
  it("links every command's current binaries", async () => {
    const { status, headers, body } = await page(ITEMS);
    expect([status, headers["content-type"]]).toEqual([200, "text/html; charset=utf-8"]);
    for (const key of [
      "greet/20260131.10/linux-amd64.gz",
      "greet/20260131.2/darwin-arm64.gz",
      "hk/20140529/linux-amd64.gz",
    ]) {
      expect(body).toContain(`href="${ARTIFACTS}${key}"`);
    }
    const text = body.replaceAll(/<[^>]*>/g, "");
    expect(text).toContain(`linux-amd64 20260131.10SHA-256 ${sha256(4)}`);
    expect(text).toContain(`darwin-arm64 20260131.2SHA-256 ${sha256(2)}`);
    expect(body).not.toContain("Nothing has been released yet");
  });

  it("shows every command, to the last page of the table", async () => {
    const names = Array.from({ length: 7 }, (_, n) => `tool-${n}`);
    const { body } = await page(
      names.map((cmd) => current(cmd, { "linux-amd64": { version: "1", sha256: sha256(1) } })),
    );
    expect(body.match(/(?<=<h2>)tool-\d/g)).toEqual(names);
  });

  it("leaves out a command that has nothing current, as after the yank of its only version", async () => {
    expect((await page([current("greet", {})])).body).toContain("Nothing has been released yet");
  });

  it("says so when nothing has been released", async () => {
    expect((await page([])).body).toContain("Nothing has been released yet");
  });

  it("shows text as text", async () => {
    const items = [current("greet", { "<b>": { version: '"><script>', sha256: "&" } })];
    expect((await page(items)).body).not.toMatch(/<b>|<script>/);
  });
});
