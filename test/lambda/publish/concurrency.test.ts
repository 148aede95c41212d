import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { promote } from "../../../lambda/promote/promote.ts";
import { publish } from "../../../lambda/publish/publish.ts";
import { getCurrent, historyOf } from "../../../lambda/shared/current.ts";
import type { PublishEvent } from "../../../lambda/shared/payloads.ts";
import { MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { current, moved, recorded, standing } from "../promote/standing.ts";
import { pseudoRandom } from "../support.ts";

// The code's own waits, on the clock of the tests.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise((over) => setTimeout(over, ms)),
}));
const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  vi.useFakeTimers();
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => {
  vi.useRealTimers();
  lines.mockRestore();
});

const PLATFORMS = ["linux", "darwin", "windows"];
const all = (version: string) => Object.fromEntries(PLATFORMS.map((platform) => [platform, version]));

/** Versions 4 to 7 are recorded, 5 is current; every call takes 1 to 20 ms each way. */
function deployment(seed: number) {
  const next = pseudoRandom(seed);
  const bucket = new MemoryBucket();
  const artifacts = ["4", "5", "6", "7"].flatMap((version) =>
    recorded(version, ...PLATFORMS).map((one) => ({
      ...one,
      s3VersionId: bucket.store(one.key, Buffer.from(version)),
    })),
  );
  const history = [moved(1, {}, all("4")), moved(2, all("4"), all("5"))];
  const table = new MemoryTable([...artifacts.map(artifactItem), ...standing(current(2, all("5")), history)]);
  table.onTheWay = () => new Promise((over) => setTimeout(over, 1 + next() * 19));

  /** As the release machine does: Publish, and again when somebody else was faster. */
  const release = async (version: string, name: string) => {
    const event = {
      request: { cmd: "greet", platforms: PLATFORMS },
      plan: { version },
      execution: { name, arn: name },
      startedAt: "2026-01-03T00:00:00.000Z",
    } as unknown as PublishEvent;
    for (let retries = 5; ; retries--) {
      try {
        return await publish(table, event);
      } catch (error) {
        if ((error as Error).name !== "ConcurrentPublishError" || retries === 0) throw error;
        await new Promise((over) => setTimeout(over, next() * 1000));
      }
    }
  };
  const promotion = (version: string, name: string) =>
    promote(
      { table, s3: bucket.s3, bucket: bucket.name },
      { cmd: "greet", version, action: "promote", force: true, reason: "" },
      name,
    );
  return { table, release, promotion };
}

/** Runs both to their ends: what became of them, what is current, and the way there. */
async function race<Result>(table: MemoryTable, runs: Promise<Result>[]) {
  const ended = Promise.allSettled(runs);
  await vi.runAllTimersAsync();
  const outcomes = (await ended).map((one) =>
    one.status === "fulfilled" ? "done" : `${(one.reason as Error).name}: ${(one.reason as Error).message}`,
  );
  table.onTheWay = async () => {};
  const now = await getCurrent(table, "greet", { consistent: true });
  const versions = new Set(Object.values(now?.platforms ?? {}).map(({ version }) => version));
  const history = await historyOf(table, "greet");
  // Never a mix: all platforms are at one version at any time, and each change goes on where the one before ended.
  expect([...versions]).toHaveLength(1);
  for (const [n, entry] of history.entries()) {
    expect(new Set(Object.values(entry.to)).size).toBe(1);
    expect(entry.from).toEqual(n === 0 ? {} : history[n - 1]?.to);
    expect(entry.revision).toBe(n + 1);
  }
  expect(now?.revision).toBe(history.length);
  return { outcomes, at: [...versions][0], way: history.slice(2).map(({ to }) => to["linux"]) };
}

const SEEDS = Array.from({ length: 25 }, (_, n) => n + 1);

describe("two executions side by side", () => {
  it.each(SEEDS)("of one release both succeed, and current changes once: seed %i", async (seed) => {
    const { table, release } = deployment(seed);
    const { outcomes, way } = await race(table, [release("6", "one"), release("6", "two")]);
    expect(outcomes).toEqual(["done", "done"]);
    expect(way).toEqual(["6"]);
  });

  it.each(
    SEEDS,
  )("of two releases end at the newer; the older says so when it came too late: seed %i", async (seed) => {
    const { table, release } = deployment(seed);
    const { outcomes, at, way } = await race(table, [release("6", "one"), release("7", "two")]);
    expect(at).toBe("7");
    expect(outcomes[1]).toBe("done");
    if (way.includes("6")) expect(outcomes[0]).toBe("done");
    else expect(outcomes[0]).toMatch(/^PublishRefusedError: greet on linux is at 7, which is newer than 6/);
  });

  it.each(
    SEEDS,
  )("a release and a rollback end as one after the other; who lost says to whom: seed %i", async (seed) => {
    const { table, release, promotion } = deployment(seed);
    const { outcomes, at, way } = await race<unknown>(table, [
      release("6", "the-release"),
      promotion("4", "the-rollback"),
    ]);
    expect([["6"], ["6", "4"], ["4"]]).toContainEqual(way);
    expect(at).toBe(way.at(-1));
    const [ofRelease, ofRollback] = outcomes;
    if (way.includes("6")) expect(ofRelease).toBe("done");
    else
      expect(ofRelease).toMatch(
        /^PublishRefusedError: .* ran, the-rollback took clients back \(darwin from 5 to 4, linux /,
      );
    if (way.includes("4")) expect(ofRollback).toBe("done");
    else expect(ofRollback).toMatch(/^ConcurrentPublishError: .*: the-release moved .*linux from 5 to 6, /);
  });

  it.each(SEEDS)("two promotions end at one of them; who lost says to whom: seed %i", async (seed) => {
    const { table, promotion } = deployment(seed);
    const { outcomes, way } = await race(table, [promotion("4", "one"), promotion("7", "two")]);
    expect(way.length).toBe(outcomes.filter((outcome) => outcome === "done").length);
    for (const outcome of outcomes)
      expect(outcome).toMatch(/^done$|^ConcurrentPublishError: .*: (one|two) moved .*linux from 5 to [47], /);
    expect(way.length).toBeGreaterThan(0);
  });
});
