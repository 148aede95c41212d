import { describe, expect, it } from "vitest";
import { decidePromotion, decideRestoration, decideYank } from "../../../lambda/promote/decide.ts";
import { errorOf } from "../support.ts";
import { current, moved, recorded, type Versions, yank } from "./standing.ts";

const NOW = { at: "2026-01-31T12:00:00.000Z", by: "run-1" };
const FORCE = { cmd: "greet", version: "5", force: true };
const PLAIN = { ...FORCE, force: false };

describe("a promotion", () => {
  it.each<[string, boolean, Versions, Versions, Versions]>([
    ["of the first version", false, {}, { linux: "5", darwin: "5" }, {}],
    [
      "of a newer version",
      false,
      { linux: "4", darwin: "3" },
      { linux: "5", darwin: "5" },
      { linux: "4", darwin: "3" },
    ],
    [
      "of what is current on one platform already",
      false,
      { linux: "5", darwin: "4" },
      { darwin: "5" },
      { darwin: "4" },
    ],
    [
      "leaves a platform alone on which it is not recorded, when that is said",
      true,
      { linux: "4", windows: "6" },
      { linux: "5", darwin: "5" },
      { linux: "4" },
    ],
    [
      "of an older version, when that is said",
      true,
      { linux: "6", darwin: "4" },
      { linux: "5", darwin: "5" },
      { linux: "6", darwin: "4" },
    ],
  ])("%s", (_, force, before, to, from) => {
    const yanked = { "1": yank() };
    const change = decidePromotion(
      { ...FORCE, force },
      recorded("5", "linux", "darwin"),
      Object.keys(before).length > 0 ? current(7, before, yanked) : undefined,
      [],
      NOW,
    );
    const revision = Object.keys(before).length > 0 ? 8 : 1;
    expect(change).toEqual({
      next: current(revision, { ...before, linux: "5", darwin: "5" }, revision > 1 ? yanked : undefined),
      entry: { cmd: "greet", revision, from, to, ...NOW },
    });
  });

  it("of a version that is not recorded everywhere takes a word, and names where it is not", () => {
    const before = current(3, { linux: "4", darwin: "4", windows: "4", freebsd: "3" });
    const error = errorOf(() => decidePromotion(PLAIN, recorded("5", "linux", "darwin"), before, [], NOW));
    expect(error.name).toBe("PromoteRefusedError");
    expect(error.message).toBe(
      "greet 5 is not recorded on windows (at 4), freebsd (at 3): clients there would stay where they are. Nothing was " +
        'changed. To take clients to 5 all the same, add "force": true: {"cmd":"greet","version":"5","force":true}.',
    );
  });

  it("of what is current wherever it is recorded takes none: nothing is done", () => {
    const before = current(3, { linux: "5", windows: "4" });
    expect(decidePromotion(PLAIN, recorded("5", "linux"), before, [], NOW)).toBeUndefined();
  });

  it("writes nothing when it is so already", () => {
    expect(
      decidePromotion(PLAIN, recorded("5", "linux"), current(3, { linux: "5" }), [], NOW),
    ).toBeUndefined();
  });

  it.each([
    ["is older", current(3, { linux: "6" }), [], "greet on linux is at 6, which is newer"],
    ["is older by number", current(3, { linux: "10" }), [], "greet on linux is at 10, which is newer"],
    ["is older on one platform", current(3, { linux: "4", darwin: "6" }), [], "greet on darwin is at 6"],
    [
      "was moved away from",
      current(3, { linux: "4" }),
      [moved(2, { linux: "4" }, { linux: "5" }), moved(3, { linux: "5" }, { linux: "4" })],
      "greet on linux was moved away from 5 by execution-3 at 2026-01-03T00:00:00.000Z",
    ],
    [
      "is not recorded on all platforms",
      current(3, { linux: "4", windows: "4" }),
      [],
      "greet 5 is not recorded on windows (at 4): clients there",
    ],
    [
      "is older and lacks platforms",
      current(3, { linux: "6", windows: "4" }),
      [],
      "greet on linux is at 6, which is newer. Nothing",
    ],
    [
      "was moved away from to nothing",
      current(3, {}),
      [moved(2, {}, { linux: "5" }), moved(3, { linux: "5" }, {})],
      "greet on linux was moved away from 5",
    ],
  ])("of a version that %s takes a word", (_, before, history, says) => {
    const artifacts = recorded("5", "linux", "darwin");
    const error = errorOf(() => decidePromotion(PLAIN, artifacts, before, history, NOW));
    expect(error.name).toBe("PromoteRefusedError");
    expect(error.message).toContain(says);
    expect(error.message).toContain('add "force": true: {"cmd":"greet","version":"5","force":true}.');
    expect(decidePromotion(FORCE, artifacts, before, history, NOW)?.entry.to["linux"]).toBe("5");
  });

  it("of a withdrawn version is refused, forced or not, with the way out", () => {
    const before = current(3, { linux: "4" }, { "5": yank("eats files") });
    const error = errorOf(() => decidePromotion(FORCE, recorded("5", "linux"), before, [], NOW));
    expect(error.name).toBe("YankedVersionError");
    expect(error.message).toContain("withdrawn at 2026-01-09T00:00:00.000Z by eve: eats files");
    expect(error.message).toContain('{"cmd":"greet","version":"5","yank":false}');
  });
});

describe("a yank", () => {
  const YANK = { cmd: "greet", version: "5", reason: "eats files" };
  const MARK = { "5": { reason: "eats files", ...NOW } };
  const TOLD = { yanked: { version: "5", reason: "eats files" }, ...NOW };
  const good = (...platforms: string[]) =>
    new Map(recorded("4", ...platforms).map((one) => [one.platform, one] as const));

  it("moves every platform that is at it, in the same change", () => {
    expect(
      decideYank(YANK, current(3, { linux: "5", darwin: "5", windows: "6" }), good("linux", "darwin"), NOW),
    ).toEqual({
      next: current(4, { linux: "4", darwin: "4", windows: "6" }, MARK),
      entry: {
        cmd: "greet",
        revision: 4,
        from: { linux: "5", darwin: "5" },
        to: { linux: "4", darwin: "4" },
        ...TOLD,
      },
    });
  });

  it("leaves nothing current where nothing good is left", () => {
    const instead = new Map([...good("linux"), ["darwin", undefined] as const]);
    expect(decideYank(YANK, current(3, { linux: "5", darwin: "5" }), instead, NOW)).toEqual({
      next: current(4, { linux: "4" }, MARK),
      entry: { cmd: "greet", revision: 4, from: { linux: "5", darwin: "5" }, to: { linux: "4" }, ...TOLD },
    });
  });

  it("of a version that is current nowhere only marks it, beside the others", () => {
    const before = current(3, { linux: "6" }, { "3": yank() });
    expect(decideYank(YANK, before, new Map(), NOW)).toEqual({
      next: current(4, { linux: "6" }, { "3": yank(), ...MARK }),
      entry: { cmd: "greet", revision: 4, from: {}, to: {}, ...TOLD },
    });
  });

  it("of a command that never had a current version makes it an empty one", () => {
    expect(decideYank(YANK, undefined, new Map(), NOW)?.next).toEqual(current(1, {}, MARK));
  });

  it("of a withdrawn version that somebody made current by hand takes clients away, and keeps its reason", () => {
    const before = current(3, { linux: "5" }, { "5": yank() });
    expect(decideYank(YANK, before, good("linux"), NOW)).toEqual({
      next: current(4, { linux: "4" }, { "5": yank() }),
      entry: { cmd: "greet", revision: 4, from: { linux: "5" }, to: { linux: "4" }, ...NOW },
    });
  });

  it("of a withdrawn version changes nothing, the reason neither", () => {
    expect(decideYank(YANK, current(3, { linux: "4" }, { "5": yank() }), new Map(), NOW)).toBeUndefined();
  });
});

describe("undoing a yank", () => {
  const ASKED = { cmd: "greet", version: "5" };
  const entry = { cmd: "greet", revision: 4, from: {}, to: {}, restored: "5", ...NOW };

  it("takes the mark off and makes nothing current", () => {
    expect(decideRestoration(ASKED, current(3, { linux: "4" }, { "5": yank() }), NOW)).toEqual({
      next: current(4, { linux: "4" }),
      entry,
    });
  });

  it("leaves the other marks", () => {
    const yanked = { "5": yank(), "3": yank() };
    expect(decideRestoration(ASKED, current(3, {}, yanked), NOW)?.next).toEqual(
      current(4, {}, { "3": yank() }),
    );
  });

  it.each([
    ["was not withdrawn", current(3, { linux: "4" }, { "3": yank() })],
    ["is of a command without current", undefined],
  ])("changes nothing when the version %s", (_, before) => {
    expect(decideRestoration(ASKED, before, NOW)).toBeUndefined();
  });
});
