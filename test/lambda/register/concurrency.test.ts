import { TransactionCanceledException } from "@aws-sdk/client-dynamodb";
import { TransactWriteCommand } from "@aws-sdk/lib-dynamodb";
import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { type Current, type HistoryEntry, historyOf } from "../../../lambda/shared/current.ts";
import { currentItemKey } from "../../../lambda/shared/keys.ts";
import { artifactItem, type Item, MemoryTable } from "../memory-table.ts";
import { artifact, pseudoRandom, sha256 } from "../support.ts";
import { put, registryOf } from "./registry.ts";

// The code's own waits, on the clock of the tests.
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) => new Promise((over) => setTimeout(over, ms)),
}));

const COUNT = 100;
const PLATFORM = "linux-amd64";
const VERSIONS = Array.from({ length: COUNT }, (_, n) => String(n + 1));
const REGISTERED = VERSIONS.map((version) =>
  artifactItem(artifact("greet", version, PLATFORM, sha256(Number(version)))),
);
const BEFORE: Item = {
  ...currentItemKey("greet"),
  cmd: "greet",
  revision: 1,
  platforms: { [PLATFORM]: { version: "1", sha256: sha256(1) } },
};

const lines = vi.spyOn(process.stdout, "write");
const random = vi.spyOn(Math, "random");
beforeEach(() => {
  vi.useFakeTimers();
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Asks for all versions at once, over a table whose calls take 1 to 20 ms each way. */
async function race(seed: number, items: Item[], versions: string[], query = "") {
  const next = pseudoRandom(seed);
  random.mockImplementation(next);
  const table = new MemoryTable(items);
  table.onTheWay = () => new Promise((over) => setTimeout(over, 1 + next() * 19));
  const ask = registryOf(table);
  const asked = versions.map((version) => put(ask, `/greet/current/${PLATFORM}.json${query}`, { version }));
  await vi.runAllTimersAsync();
  const answers = await Promise.all(asked);
  table.onTheWay = async () => {};
  const statuses = answers.map(({ status }) => status);
  const current = table.find(currentItemKey("greet")) as unknown as Current;
  return { statuses, current, history: await historyOf(table, "greet") };
}

const count = (statuses: number[], status: number) => statuses.filter((one) => one === status).length;
const versionsOf = (history: HistoryEntry[]) => history.map(({ to }) => to[PLATFORM]);

/** Every revision has its entry, each goes on where the one before it ended, and the last one is what stands. */
function expectOneHistory(
  history: HistoryEntry[],
  current: Current,
  first: number,
  from: string | undefined,
) {
  expect(history.map(({ revision }) => revision)).toEqual(history.map((_, n) => first + n));
  expect(history.map((entry) => entry.from[PLATFORM])).toEqual([from, ...versionsOf(history).slice(0, -1)]);
  const version = versionsOf(history).at(-1) ?? "";
  expect(current).toMatchObject({
    revision: history.at(-1)?.revision,
    platforms: { [PLATFORM]: { version, sha256: sha256(Number(version)) } },
  });
}

describe.each([1, 2, 3, 4, 5])(`${COUNT} requests at once, seed %i`, (seed) => {
  it("for the same version: each is 200, and there is one change", async () => {
    const versions = VERSIONS.map(() => "7");
    const { statuses, current, history } = await race(seed, [...REGISTERED, BEFORE], versions);
    expect(count(statuses, 200)).toBe(COUNT);
    expect(history).toHaveLength(1);
    expectOneHistory(history, current, 2, "1");
  });

  it("for the same version as the first ever: the same", async () => {
    const { statuses, current, history } = await race(
      seed,
      REGISTERED,
      VERSIONS.map(() => "7"),
    );
    expect(count(statuses, 200)).toBe(COUNT);
    expect(history).toHaveLength(1);
    expectOneHistory(history, current, 1, undefined);
  });

  it.each([
    ["going back is refused", ""],
    ["going back is allowed", "?force=true"],
  ])("for different versions, %s: every 200 is one change", async (_, query) => {
    const { statuses, current, history } = await race(seed, [...REGISTERED, BEFORE], VERSIONS, query);
    expect(count(statuses, 200) + count(statuses, 409) + count(statuses, 503)).toBe(COUNT);
    expectOneHistory(history, current, 2, "1");
    const done = VERSIONS.filter((__, n) => statuses[n] === 200);
    expect(new Set(["1", ...versionsOf(history)])).toEqual(new Set(["1", ...done]));
    expect(history.length).toBeGreaterThan(1);
    if (query === "") {
      const order = versionsOf(history).map(Number);
      expect(order).toEqual(order.toSorted((a, b) => a - b));
    } else {
      expect(count(statuses, 409)).toBe(0);
    }
  });

  it("for different versions as the first ever: every 200 is one change, and one is the first", async () => {
    const { statuses, current, history } = await race(seed, REGISTERED, VERSIONS);
    expect(count(statuses, 200) + count(statuses, 409) + count(statuses, 503)).toBe(COUNT);
    expectOneHistory(history, current, 1, undefined);
    expect(history.length).toBe(count(statuses, 200));
  });
});

it("who loses at every try is told 503 within seconds, and nothing is written", async () => {
  random.mockReturnValue(0.999);
  const table = new MemoryTable([...REGISTERED, BEFORE]);
  const send = table.documents.send.bind(table.documents) as (command: unknown) => Promise<unknown>;
  let tries = 0;
  const busy = async (command: unknown) => {
    if (!(command instanceof TransactWriteCommand)) return send(command);
    tries++;
    const CancellationReasons = [{ Code: "TransactionConflict" }, { Code: "None" }];
    throw new TransactionCanceledException({ message: "busy", $metadata: {}, CancellationReasons });
  };
  table.documents.send = busy as unknown as typeof table.documents.send;
  const asked = put(registryOf(table), `/greet/current/${PLATFORM}.json`, { version: "7" });
  const start = Date.now();
  await vi.runAllTimersAsync();
  expect(Date.now() - start).toBeLessThan(12_000);
  const { status, headers } = await asked;
  expect([status, headers["retry-after"]]).toEqual([503, expect.stringMatching(/^\d+$/)]);
  expect(tries).toBeGreaterThan(3);
  expect(table.written).toEqual([]);
  expect(lines).toHaveBeenCalledOnce();
  expect(lines.mock.lastCall?.[0]).toContain("ConcurrentPublishError");
});
