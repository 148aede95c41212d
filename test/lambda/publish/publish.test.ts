import { afterAll, beforeEach, describe, expect, it, vi } from "vitest";
import { publish } from "../../../lambda/publish/publish.ts";
import { advance, getCurrent, historyOf, replaceCurrent } from "../../../lambda/shared/current.ts";
import type { PublishEvent } from "../../../lambda/shared/payloads.ts";
import { artifactItem, MemoryTable } from "../memory-table.ts";
import { current, moved, recorded, standing } from "../promote/standing.ts";

const lines = vi.spyOn(process.stdout, "write");
beforeEach(() => {
  lines.mockReset().mockImplementation(() => true);
});
afterAll(() => lines.mockRestore());

const PLATFORMS = ["linux", "darwin"];
const both = (version: string) => ({ linux: version, darwin: version });

/** Versions 1 to 3 are recorded, 1 is current. */
function deployment() {
  const artifacts = ["1", "2", "3"].flatMap((version) => recorded(version, ...PLATFORMS));
  const table = new MemoryTable([
    ...artifacts.map(artifactItem),
    ...standing(current(1, both("1")), [moved(1, {}, both("1"))]),
  ]);
  const run = (version: string, arn: string) =>
    publish(table, {
      request: { cmd: "greet", platforms: PLATFORMS },
      plan: { version },
      execution: { name: arn, arn },
    } as unknown as PublishEvent);
  /** Somebody goes back, or on. */
  const move = async (version: string) => {
    const now = await getCurrent(table, "greet", { consistent: true });
    const { next, entry } = advance("greet", now, recorded(version, ...PLATFORMS), {
      at: "",
      by: "somebody",
    });
    expect(await replaceCurrent(table, next, entry)).toBe(true);
  };
  return { table, run, move };
}

describe("an execution that did not hear that it had published", () => {
  it("finds its own change, and writes nothing more", async () => {
    const { table, run } = deployment();
    const first = await run("2", "run-1");
    expect(first).toEqual({ revision: 2, changed: true });
    expect(await run("2", "run-1")).toEqual(first);
    expect(await historyOf(table, "greet")).toHaveLength(2);
  });

  it.each([
    ["somebody published a newer version", ["3"]],
    ["somebody went back", ["1"]],
    ["somebody went back, and on again", ["1", "3"]],
  ])("finds it also when %s since", async (_, versions) => {
    const { run, move } = deployment();
    await run("2", "run-1");
    for (const version of versions) await move(version);
    expect(await run("2", "run-1")).toEqual({ revision: 2, changed: true });
    await expect(run("2", "run-2")).rejects.toMatchObject({ name: "PublishRefusedError" });
  });
});

it("another execution that finds the version current has changed nothing", async () => {
  const { run } = deployment();
  await run("2", "run-1");
  expect(await run("2", "run-2")).toEqual({ revision: 2, changed: false });
});

it("says so when the row of what is current is gone, for nothing could be written", async () => {
  const gone = new MemoryTable([
    ...recorded("2", ...PLATFORMS).map(artifactItem),
    ...standing(current(1, both("1")), [moved(1, {}, both("1"))]).filter(({ pk }) => pk !== "current"),
  ]);
  const event = {
    request: { cmd: "greet", platforms: PLATFORMS },
    plan: { version: "2" },
    execution: { arn: "a" },
  };
  await expect(publish(gone, event as unknown as PublishEvent)).rejects.toThrow(
    /row of what is current for greet is gone, and its history has 1 changes: .* docs\/runbook.md/,
  );
  expect(gone.written).toEqual([]);
});
