import { describe, expect, test } from "vitest";
import type { Deployment } from "../../cli/deployment/deployment.ts";
import type { Facts } from "../../cli/execution/facts.ts";
import { progressOf } from "../../cli/execution/progress.ts";
import { verdict } from "../../cli/verdict.ts";
import { building, done, failed, refused, secondsIn } from "./moments.ts";

const deployment = { flags: " --local", directoryUrl: "https://d.example/" } as Deployment;
const told = (facts: Facts) => verdict(progressOf(facts, secondsIn(100)), deployment);
const asking = (facts: Facts, fields: object): Facts => ({
  ...facts,
  input: JSON.stringify({ cmd: "greet", ...fields }),
});

describe("in the end it is told what is so, and what to type next", () => {
  test("a release with a patch that failed names the bases to try again", () => {
    expect(told(done)).toEqual([
      "greet 20260131 was made current on 3 platforms:",
      "https://d.example/greet",
      "1 patch failed: those clients download in full.",
      "next:  npx hkdist release greet --tag v20260131 --bases 20260129 --local",
    ]);
  });

  test("a candidate is promoted next, and patches to something old are not", () => {
    const output = JSON.stringify({ published: false, patches: [] });
    expect(told({ ...asking(done, { publish: false }), output, paired: undefined })).toEqual([
      "greet 20260131 is recorded, and not current.",
      "next:  npx hkdist promote greet 20260131 --local",
    ]);
    expect(told({ ...asking(done, { tag: "v20260131", bases: ["1"] }), output, paired: undefined })).toEqual([
      "The patches to greet 20260131 are made; what is current stays as it is.",
    ]);
  });

  test("what is started again keeps what it was asked for, but for the tag that did not compile", () => {
    const options = { tag: "v20260131", platforms: ["linux-amd64", "plan9-arm"], publish: false };
    const others = "--platforms linux-amd64,plan9-arm --no-publish --local";
    expect(told(asking(failed, options)).at(-1)).toBe(`next:  npx hkdist release greet ${others}`);
    const trouble = { ...asking(failed, options), error: "States.TaskFailed", builds: [] };
    expect(told(trouble).at(-1)).toBe(`next:  npx hkdist release greet --tag v20260131 ${others}`);
  });

  test("a head without a tag is told how to tag it", () => {
    expect(told(refused)).toEqual([
      expect.stringMatching(/git tag -a v\d{8} -m "\.\.\." && git push origin v\d{8}$/),
      "next:  npx hkdist release greet --local",
    ]);
  });

  describe("where a deployment publishes before the patches are made", () => {
    const begun = (
      ["Request", "Source", "Plan", "Build", "Pair", "Describe", "Publish", "Patch"] as const
    ).map((name, second) => ({ name, enteredAt: secondsIn(second), exitedAt: secondsIn(second + 1) }));
    const publishing: Facts = {
      ...building,
      steps: begun
        .slice(0, 7)
        .with(6, { name: "Publish", enteredAt: secondsIn(6), exitedAt: undefined } as never),
    };
    const shown = (facts: Facts) =>
      progressOf(facts, secondsIn(100))
        .steps.slice(-2)
        .map(({ name, state }) => `${name} ${state}`);

    test("the patches come last", () => {
      expect(shown(building)).toEqual(["Patch waiting", "Publish waiting"]);
      expect(shown(publishing)).toEqual(["Publish running", "Patch waiting"]);
      expect(shown({ ...building, steps: begun })).toEqual(["Publish done", "Patch done"]);
    });

    test.each([
      ["ABORTED", "It was stopped"],
      ["FAILED", "It did not come to its end"],
      ["TIMED_OUT", "It did not come to its end"],
    ] as const)("one that %s after that is told to be published", (status, how) => {
      const ended: Facts = { ...building, steps: begun, status, endedAt: secondsIn(9) };
      expect(told(ended)).toEqual([
        `${how}, but greet 20260131 was published. Patches that are missing are made by:`,
        "next:  npx hkdist release greet --tag v20260131 --local",
      ]);
    });

    test.each(["ABORTED", "FAILED", "TIMED_OUT"] as const)("one that %s before is not", (status) => {
      const ended: Facts = { ...publishing, status, endedAt: secondsIn(9) };
      expect(told(ended).join(" ")).not.toContain("published");
    });
  });

  test("who stopped it may say why", () => {
    const stopped: Facts = {
      ...building,
      status: "ABORTED",
      endedAt: secondsIn(30),
      error: "Oops",
      cause: "by hand",
    };
    expect(progressOf(stopped, secondsIn(31))).toMatchObject({
      error: { name: "Oops", cause: "by hand" },
      platforms: [{ state: "built" }, { state: "waiting" }, { state: "waiting" }],
    });
    expect(told(stopped).at(-1)).toBe("next:  npx hkdist release greet --local");
  });

  test.each([
    ["PublishRefusedError", "next:  npx hkdist promote greet 20260131 --force --local"],
    ["YankedVersionError", "next:  npx hkdist yank greet 20260131 --undo --local"],
    ["ConcurrentPublishError", "next:  npx hkdist status greet --local"],
  ])("%s", (error, next) => {
    expect(told({ ...failed, error, builds: [] }).at(-1)).toBe(next);
  });
});

describe("a change", () => {
  const change = (action: "promote" | "yank", version: string, from: object, to: object): Facts => ({
    ...{ ...done, machine: "promote", request: undefined, plan: undefined, paired: undefined, steps: [] },
    promoted: { cmd: "greet", version, action, revision: 3, changed: true, from: { ...from }, to: { ...to } },
    output: "{}",
  });

  test("to an older version is a rollback", () => {
    const facts = change("promote", "1", { linux: "2" }, { linux: "1" });
    expect(progressOf(facts, secondsIn(9)).action).toBe("rollback");
    expect(told(facts)).toEqual(["greet 1 is current: 2 -> 1 on linux."]);
    expect(progressOf(change("promote", "2", { linux: "1" }, { linux: "2" }), secondsIn(9)).action).toBe(
      "promote",
    );
  });

  test("that leaves a platform without any version says so", () => {
    expect(told(change("yank", "1", { linux: "1" }, {}))).toEqual([
      "greet 1 is withdrawn. Nothing is current on linux now: nobody can install it there.",
      "next:  npx hkdist releases greet --local",
    ]);
  });
});
