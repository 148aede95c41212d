import { beforeAll, describe, expect, it } from "vitest";
import { CONFIG, machineOf, releaseMachine, stateIn } from "./stages.ts";
import { type Machine, type State, Template } from "./template.ts";

describe("the release machine", () => {
  let machine: Machine;
  let states: Record<string, State>;
  beforeAll(() => {
    ({ machine, states } = releaseMachine());
  });

  const state = (name: string) => stateIn(states, name);

  /** The states that a release goes through when nothing fails; `take` tells how choices are decided. */
  function way(take: Record<string, "first" | "default">, of = { machine, states }): string[] {
    const names: string[] = [];
    for (let name: string | undefined = of.machine.StartAt; name !== undefined; ) {
      names.push(name);
      const { Type, Next, Default, Choices } = stateIn(of.states, name);
      name = Type === "Choice" ? (take[name] === "first" ? Choices?.[0]?.Next : Default) : Next;
    }
    return names;
  }

  it.each([
    [
      "builds and publishes",
      { IsRecorded: "default", IsToBePublished: "first" },
      "Request IsRecorded Source Plan Build Pair Describe Patch IsToBePublished Publish Released",
    ],
    [
      "builds nothing when all is recorded",
      { IsRecorded: "first", IsToBePublished: "first" },
      "Request IsRecorded Pair Describe Patch IsToBePublished Publish Released",
    ],
    [
      "publishes nothing when that is asked for",
      { IsRecorded: "default", IsToBePublished: "default" },
      "Request IsRecorded Source Plan Build Pair Describe Patch IsToBePublished Unpublished Released",
    ],
  ] as const)("%s", (_, take, names) => expect(way(take).join(" ")).toBe(names));

  it("publishes before the patches where that is configured", () => {
    const template = new Template({ ...CONFIG, publishWhen: "built" }, { endpointUrl: undefined });
    const built = machineOf(template, "ReleaseMachine");
    for (const [take, name] of [
      ["first", "Publish"],
      ["default", "Unpublished"],
    ] as const) {
      expect(way({ IsRecorded: "first", IsToBePublished: take }, built).join(" ")).toBe(
        `Request IsRecorded Pair Describe IsToBePublished ${name} Patch Released`,
      );
    }
  });

  it("decides by the checked request", () => {
    expect(state("IsRecorded").Choices).toEqual([
      {
        Condition: "{% $request.recorded %}",
        Assign: { plan: { version: "{% $request.version %}", batches: [] } },
        Next: "Pair",
      },
    ]);
    expect(state("IsToBePublished").Choices).toEqual([
      { Condition: "{% $request.publish %}", Next: "Publish" },
    ]);
  });

  it("speaks JSONata in every state", () => {
    expect(machine["QueryLanguage"]).toBe("JSONata");
    for (const { QueryLanguage = "JSONata" } of Object.values(states)) expect(QueryLanguage).toBe("JSONata");
  });

  it("ends: no execution runs for ever", () => expect(machine["TimeoutSeconds"]).toBe(12 * 3600));

  it("takes every failure to Failed, a build's by way of its explanation, but not one patch's", () => {
    const catches = Object.entries(states)
      .filter(([, { Type }]) => Type === "Task" || Type === "Map")
      .map(([name, { Catch = [] }]) => [
        name,
        Catch.map(({ ErrorEquals, Next }) => `${ErrorEquals} -> ${Next}`),
      ]);
    expect(Object.fromEntries(catches)).toEqual({
      Request: ["States.ALL -> Failed"],
      Source: ["States.ALL -> ExplainSource"],
      ExplainSource: ["States.ALL -> Failed"],
      Plan: ["States.ALL -> Failed"],
      Build: ["States.ALL -> Failed"],
      BuildBatch: ["States.ALL -> ExplainBuild"],
      ExplainBuild: [], // inside the Map, whose failure is caught
      Pair: ["States.ALL -> Failed"],
      Describe: ["States.ALL -> Failed"],
      Patch: ["States.ALL -> Failed"],
      MakePatch: ["States.ALL -> PatchFailed"],
      Publish: ["States.ALL -> Failed"],
    });
    expect(Object.keys(machine.States["Build"]?.ItemProcessor?.States ?? {})).toEqual([
      "BuildBatch",
      "ExplainBuild",
    ]);
    expect(Object.keys(machine.States["Patch"]?.ItemProcessor?.States ?? {})).toEqual([
      "MakePatch",
      "PatchFailed",
    ]);
  });

  it("ends in Failed or Released only", () => {
    const ends = Object.entries(machine.States).filter(
      ([, { Next, Type }]) => Next === undefined && Type !== "Choice",
    );
    // ExplainSource never returns: it always throws.
    expect(ends.map(([name]) => name).toSorted()).toEqual(["ExplainSource", "Failed", "Released"]);
    expect(state("Failed").Type).toBe("Fail");
  });

  it("ends a pair with a result, whether its patch was made or not", () => {
    const ends = ["MakePatch", "PatchFailed"].map((name) => [state(name).Type, state(name).End]);
    expect(ends).toEqual([
      ["Task", true],
      ["Pass", true],
    ]);
  });

  it("keeps a failure in the variable that the next state reads", () => {
    for (const [name, { Catch = [] }] of Object.entries(states)) {
      for (const { Next, Assign } of Catch) {
        // What becomes of a patch is the Map's result, not the release's.
        if (name === "MakePatch") {
          expect(Assign).toBeUndefined();
          continue;
        }
        const [variable = ""] = Object.keys(Assign ?? {});
        expect(Assign, name).toEqual({ [variable]: "{% $states.errorOutput %}" });
        expect(JSON.stringify(states[Next]), name).toMatch(new RegExp(`\\$${variable}\\b`));
      }
    }
  });

  it("reads no variable that nothing assigns", () => {
    const assigned = new Set(
      Object.values(states).flatMap(({ Assign, Catch = [], Choices = [] }) =>
        [Assign, ...Catch.map((item) => item.Assign), ...Choices.map((item) => item.Assign)].flatMap((item) =>
          Object.keys(item ?? {}),
        ),
      ),
    );
    const read = JSON.stringify(states).match(/(?<=\$)[a-z]\w*\b(?!\()/gi) ?? [];
    expect(new Set(read.filter((name) => name !== "states"))).toEqual(assigned);
  });

  it("tells what was released", () => {
    expect(state("Released").Output).toEqual({
      cmd: "{% $request.cmd %}",
      version: "{% $plan.version %}",
      artifacts: "{% $paired.artifacts %}",
      patches: "{% $patches %}",
      documents: "{% $described.documents %}",
      published: "{% $published %}",
    });
    expect(state("Unpublished").Assign).toEqual({ published: false });
  });
});
