import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { withLock } from "../../tools/lock.ts";
import { identify } from "../../tools/process-identity.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "lock-"));
  file = join(folder, "lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("withLock", () => {
  it("lets one in at a time, and says who is in", async () => {
    const first = withLock(file, { waitSeconds: 0 }, () => sleep(300, "first"));
    await expect(withLock(file, { waitSeconds: 0 }, async () => "second")).rejects.toThrow(
      `Process ${process.pid} is working on ${folder}`,
    );
    expect(await first).toBe("first");
    expect(existsSync(file)).toBe(false);
  });

  it("waits when asked to", async () => {
    const first = withLock(file, { waitSeconds: 0 }, () => sleep(300));
    const waited: number[] = [];
    const second = withLock(
      file,
      { waitSeconds: 60, onWait: (holder) => waited.push(holder) },
      async () => "in",
    );
    await first;
    expect(await second).toBe("in");
    expect(waited).toEqual([process.pid]);
  });

  it("comes free when the work fails", async () => {
    const failing = withLock(file, { waitSeconds: 0 }, () => Promise.reject(new Error("no")));
    await expect(failing).rejects.toThrow("no");
    expect(existsSync(file)).toBe(false);
  });

  it("takes over from a process that has died", async () => {
    const dead = spawnSync(process.execPath, ["-e", ""]).pid;
    writeFileSync(file, JSON.stringify({ pid: dead, started: "1" }));
    expect(await withLock(file, { waitSeconds: 0 }, async () => "in")).toBe("in");
  });

  it.runIf(existsSync("/proc/self"))("takes over when another process has the dead one's id", async () => {
    writeFileSync(file, JSON.stringify({ ...identify(process.pid), started: "1" }));
    expect(await withLock(file, { waitSeconds: 0 }, async () => "in")).toBe("in");
  });
});
