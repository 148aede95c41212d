import { describe, expect, it } from "vitest";
import { decide } from "../../../lambda/publish/decide.ts";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import type { Current, HistoryEntry } from "../../../lambda/shared/current.ts";
import { artifact, errorOf, sha256 } from "../support.ts";

const NOW = {
  at: "2026-01-31T12:00:00.000Z",
  by: "arn:aws:states:eu-west-1:123456789012:execution:release:run-1",
};
/** Started after everything that these histories tell of. */
const ABOUT = { ...NOW, startedAt: "2026-01-30T00:00:00.000Z" };

type Versions = Record<string, string>;

/** Each version has a hash of its own. */
const hashOf = (version: string) => sha256(Number(version));

const released = (version: string, ...platforms: string[]) =>
  platforms.map((platform) => artifact("greet", version, platform, hashOf(version)));

const current = (revision: number, versions: Versions): Current => ({
  cmd: "greet",
  revision,
  platforms: Object.fromEntries(
    Object.entries(versions).map(([platform, version]) => [platform, { version, sha256: hashOf(version) }]),
  ),
});

const moved = (revision: number, from: Versions, to: Versions): HistoryEntry => ({
  cmd: "greet",
  revision,
  from,
  to,
  at: `2026-01-0${revision}T00:00:00.000Z`,
  by: "somebody",
});

describe("a version becomes current", () => {
  it.each<{
    when: string;
    artifacts: ReturnType<typeof released>;
    before: Current | undefined;
    history?: HistoryEntry[];
    revision: number;
    after: Versions;
    from: Versions;
    to: Versions;
  }>([
    {
      when: "the command has none",
      artifacts: released("5", "linux", "darwin"),
      before: undefined,
      revision: 1,
      after: { linux: "5", darwin: "5" },
      from: {},
      to: { linux: "5", darwin: "5" },
    },
    {
      when: "it is newer",
      artifacts: released("5", "linux", "darwin"),
      before: current(3, { linux: "4", darwin: "4" }),
      revision: 4,
      after: { linux: "5", darwin: "5" },
      from: { linux: "4", darwin: "4" },
      to: { linux: "5", darwin: "5" },
    },
    {
      when: "it is newer by number, not by text",
      artifacts: released("10", "linux"),
      before: current(1, { linux: "9" }),
      revision: 2,
      after: { linux: "10" },
      from: { linux: "9" },
      to: { linux: "10" },
    },
    {
      when: "some platforms have it already: only the others change",
      artifacts: released("5", "linux", "darwin", "windows"),
      before: current(7, { linux: "5", darwin: "4" }),
      revision: 8,
      after: { linux: "5", darwin: "5", windows: "5" },
      from: { darwin: "4" },
      to: { darwin: "5", windows: "5" },
    },
    {
      when: "only some platforms are released: the others stay, even when they are newer",
      artifacts: released("5", "linux"),
      before: current(1, { linux: "4", darwin: "4", windows: "6" }),
      revision: 2,
      after: { linux: "5", darwin: "4", windows: "6" },
      from: { linux: "4" },
      to: { linux: "5" },
    },
    {
      when: "a platform is new to the command",
      artifacts: released("5", "windows"),
      before: current(1, { linux: "5" }),
      revision: 2,
      after: { linux: "5", windows: "5" },
      from: {},
      to: { windows: "5" },
    },
    {
      when: "clients were moved away from another version",
      artifacts: released("6", "linux"),
      before: current(3, { linux: "4" }),
      history: [
        moved(1, {}, { linux: "4" }),
        moved(2, { linux: "4" }, { linux: "5" }),
        moved(3, { linux: "5" }, { linux: "4" }),
      ],
      revision: 4,
      after: { linux: "6" },
      from: { linux: "4" },
      to: { linux: "6" },
    },
    {
      when: "a person brought one platform back to it: the others follow",
      artifacts: released("5", "linux", "darwin"),
      before: current(3, { linux: "5", darwin: "4" }),
      history: [moved(2, { linux: "5" }, { linux: "4" }), moved(3, { linux: "4" }, { linux: "5" })],
      revision: 4,
      after: { linux: "5", darwin: "5" },
      from: { darwin: "4" },
      to: { darwin: "5" },
    },
    {
      when: "only another platform was moved away from it",
      artifacts: released("5", "darwin"),
      before: current(2, { linux: "4", darwin: "4" }),
      history: [moved(2, { linux: "5" }, { linux: "4" })],
      revision: 3,
      after: { linux: "4", darwin: "5" },
      from: { darwin: "4" },
      to: { darwin: "5" },
    },
  ])("when $when", ({ artifacts, before, history = [], revision, after, from, to }) => {
    const untouched = structuredClone(before);
    expect(decide(artifacts, before, history, ABOUT)).toEqual({
      next: current(revision, after),
      entry: { cmd: "greet", revision, from, to, ...NOW },
    });
    expect(before).toEqual(untouched);
  });
});

describe("nothing is written", () => {
  it.each([
    [
      "when it is current already",
      released("5", "linux", "darwin"),
      current(1, { linux: "5", darwin: "5" }),
      [],
    ],
    [
      "when it is current on these platforms",
      released("5", "linux"),
      current(1, { linux: "5", darwin: "4" }),
      [],
    ],
    ["when there is nothing to publish", [], current(1, { linux: "5" }), []],
    [
      "when a person brought it back before",
      released("5", "linux"),
      current(4, { linux: "5" }),
      [moved(3, { linux: "5" }, { linux: "4" }), moved(4, { linux: "4" }, { linux: "5" })],
    ],
  ])("%s", (_, artifacts, before, history) => {
    expect(decide(artifacts, before, history, ABOUT)).toBeUndefined();
  });
});

it("a withdrawn version is refused under its own name, also where it is newer than current", () => {
  const yank = { reason: "eats files", at: "2026-01-09T00:00:00.000Z", by: "eve" };
  const before = { ...current(3, { linux: "4" }), yanked: { "5": yank } };
  const error = errorOf(() => decide(released("5", "linux"), before, [], ABOUT));
  expect(error.name).toBe("YankedVersionError");
  expect(error.message).toContain("eats files");
  expect(error.message).toContain(
    'start the promote machine with {"cmd":"greet","version":"5","yank":false}',
  );
});

it("what was withdrawn stays so when another version becomes current", () => {
  const yanked = { "5": { reason: "eats files", at: "2026-01-09T00:00:00.000Z", by: "eve" } };
  const before = { ...current(3, { linux: "4" }), yanked };
  expect(decide(released("6", "linux"), before, [], ABOUT)?.next.yanked).toEqual(yanked);
});

describe("a version is refused", () => {
  it.each([
    {
      when: "current is newer",
      artifacts: released("5", "linux"),
      before: current(1, { linux: "6" }),
      history: [],
      says: ["greet on linux is at 6, which is newer than 5"],
    },
    {
      when: "current is newer by number, not by text",
      artifacts: released("9", "linux"),
      before: current(1, { linux: "10" }),
      history: [],
      says: ["greet on linux is at 10, which is newer than 9"],
    },
    {
      when: "current is newer on one platform of several: none moves",
      artifacts: released("5", "darwin", "linux", "windows"),
      before: current(1, { darwin: "4", linux: "6" }),
      history: [],
      says: ["greet on linux is at 6, which is newer than 5"],
    },
    {
      when: "clients were moved away from it",
      artifacts: released("5", "linux"),
      before: current(2, { linux: "4" }),
      history: [moved(1, { linux: "3" }, { linux: "5" }), moved(2, { linux: "5" }, { linux: "4" })],
      says: [
        "greet on linux was moved away from 5 to 4 at 2026-01-02T00:00:00.000Z by somebody and is at 4",
        'start the promote machine with {"cmd":"greet","version":"5","force":true}',
      ],
    },
    {
      when: "clients were moved away from it twice: the last time is told",
      artifacts: released("5", "linux"),
      before: current(5, { linux: "3" }),
      history: [
        moved(1, {}, { linux: "5" }),
        moved(2, { linux: "5" }, { linux: "4" }),
        moved(3, { linux: "4" }, { linux: "5" }),
        moved(4, { linux: "5" }, { linux: "2" }),
        moved(5, { linux: "2" }, { linux: "3" }),
      ],
      says: ["greet on linux was moved away from 5 to 2 at 2026-01-04T00:00:00.000Z by somebody and is at 3"],
    },
    {
      when: "one platform of several was moved away from it: none moves",
      artifacts: released("5", "darwin", "linux"),
      before: current(2, { darwin: "4", linux: "4" }),
      history: [moved(2, { linux: "5" }, { linux: "4" })],
      says: ["greet on linux was moved away from 5 to 4"],
    },
  ])("when $when", ({ artifacts, before, history, says }) => {
    const error = errorOf(() => decide(artifacts, before, history, ABOUT));
    expect(error.name).toBe("PublishRefusedError");
    for (const words of says) expect(error.message).toContain(words);
  });
});

describe("a rollback while the release ran", () => {
  const back = [moved(2, {}, { linux: "5", darwin: "5" }), moved(3, { linux: "5" }, { linux: "4" })];
  const during = { ...NOW, startedAt: "2026-01-02T12:00:00.000Z" };
  const before = current(3, { linux: "4", darwin: "5" });

  it("is the later word, and the release says so", () => {
    const error = errorOf(() => decide(released("6", "linux", "darwin"), before, back, during));
    expect(error.name).toBe("PublishRefusedError");
    expect(error.message).toBe(
      "while this release of greet ran, somebody took clients back (linux from 5 to 4) at 2026-01-03T00:00:00.000Z: 6 was " +
        'not published. If it is still wanted, start the promote machine with {"cmd":"greet","version":"6"}.',
    );
  });

  it.each([
    ["on another platform", released("6", "darwin"), before, back],
    [
      "that was a yank",
      released("6", "linux"),
      before,
      [{ ...back[1], yanked: { version: "5", reason: "" } }],
    ],
    ["that was a step forward", released("6", "linux"), before, [moved(3, { linux: "3" }, { linux: "4" })]],
  ] as [string, Artifact[], Current, HistoryEntry[]][])("stops nothing %s", (_, artifacts, now, history) => {
    expect(decide(artifacts, now, history, during)).toBeDefined();
  });
});
