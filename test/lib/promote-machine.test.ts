import { beforeAll, describe, expect, it } from "vitest";
import * as errors from "../../lambda/shared/errors.ts";
import type { BasesEvent, PatchEvent, PromoteEvent, WithdrawEvent } from "../../lambda/shared/payloads.ts";
import { evaluate } from "./jsonata.ts";
import { promoteMachine, releaseMachine, stateIn } from "./stages.ts";
import type { Machine, State } from "./template.ts";

describe("the promote machine", () => {
  let machine: Machine;
  let states: Record<string, State>;
  beforeAll(() => {
    ({ machine, states } = promoteMachine());
  });

  const state = (name: string) => stateIn(states, name);

  /** The states that an action goes through when nothing fails. */
  function way(action: string): string[] {
    const names: string[] = [];
    for (let name: string | undefined = machine.StartAt; name !== undefined; ) {
      names.push(name);
      const { Type, Next, Default, Choices = [] } = state(name);
      const variables = { promoted: { action } };
      const taken = Choices.find(({ Condition: expression }) => {
        const [answer] = evaluate([{ expression, variables }]);
        return answer !== undefined && "value" in answer && answer.value === true;
      });
      name = Type === "Choice" ? (taken?.Next ?? Default) : Next;
    }
    return names;
  }

  it.each([
    ["promote", "Promote IsPromotion Bases Patch Done"],
    ["yank", "Promote IsPromotion Withdraw IsRestored Bases Patch Done"],
    ["restore", "Promote IsPromotion Withdraw IsRestored Restored Done"],
  ])("goes its way for %s", (action, names) => expect(way(action).join(" ")).toBe(names));

  it("takes every failure to Failed, but not one patch's", () => {
    const catches = Object.entries(states)
      .filter(([, { Type }]) => Type === "Task" || Type === "Map")
      .map(([name, { Catch = [] }]) => [
        name,
        Catch.map(({ ErrorEquals, Next }) => `${ErrorEquals} -> ${Next}`),
      ]);
    expect(Object.fromEntries(catches)).toEqual({
      Promote: ["States.ALL -> Failed"],
      Withdraw: ["States.ALL -> Failed"],
      Bases: ["States.ALL -> Failed"],
      Patch: ["States.ALL -> Failed"],
      MakePatch: ["States.ALL -> PatchFailed"],
    });
    expect(state("Failed")).toEqual(stateIn(releaseMachine().states, "Failed"));
  });

  it("speaks JSONata, and ends", () => {
    expect(machine["QueryLanguage"]).toBe("JSONata");
    for (const { QueryLanguage = "JSONata" } of Object.values(states)) expect(QueryLanguage).toBe("JSONata");
    expect(machine["TimeoutSeconds"]).toBe(6 * 3600);
  });

  it("tries again what the CDN did not take, and never a promotion that lost", () => {
    const own = Object.entries(states).flatMap(([name, { Retry = [] }]) =>
      Retry.filter(({ MaxAttempts }) => MaxAttempts !== 0)
        .flatMap(({ ErrorEquals }) => ErrorEquals.filter((one) => !one.includes(".")))
        .map((one) => [name, one]),
    );
    expect(own).toEqual([["Withdraw", "InvalidationFailedError"]]);
    expect(Object.keys(errors)).toContain("InvalidationFailedError");
  });

  describe("hands each function what its handler reads", () => {
    // The compiler holds these tables against the types that the handlers take.
    const execution = "{% { 'name': $states.context.Execution.Name, 'arn': $states.context.Execution.Id } %}";
    const promote: Record<keyof PromoteEvent, unknown> = {
      input: "{% $states.input %}",
      commands: ["greet", "greet-canary"],
      execution,
    };
    const withdraw: Record<keyof WithdrawEvent, unknown> = { promoted: "{% $promoted %}", execution };
    const bases: Record<keyof BasesEvent, unknown> = { promoted: "{% $promoted %}", execution };
    const patch: Record<keyof PatchEvent, unknown> = {
      cmd: "{% $promoted.cmd %}",
      version: "{% $states.input.pair.to %}",
      pair: "{% $states.input.pair %}",
      execution,
    };
    it.each([
      ["Promote", "Promote", promote, "promoted"],
      ["Withdraw", "Withdraw", withdraw, "withdrawn"],
      ["Bases", "Bases", bases, "bases"],
      ["MakePatch", "Patch", patch, undefined],
    ])("%s", (name, step, payload, variable) => {
      expect(state(name)).toMatchObject({
        Arguments: { FunctionName: `${step}Function.Arn` },
        Output: "{% $states.result.Payload %}",
      });
      expect(state(name).Arguments?.Payload).toEqual(payload);
      expect(state(name).Assign).toEqual(
        variable === undefined ? undefined : { [variable]: "{% $states.result.Payload %}" },
      );
    });
  });

  it("makes the pairs that Bases wants, as many at once as configured", () => {
    expect(state("Patch")).toMatchObject({ Items: "{% $bases.pairs %}", MaxConcurrency: 3 });
  });

  it("tells what changed, what became of the objects, and every patch", () => {
    const promoted = {
      cmd: "greet",
      version: "2",
      action: "yank",
      revision: 4,
      changed: true,
      from: { a: "2" },
      to: {},
    };
    const variables = { promoted, withdrawn: { marked: 1 }, patches: [] };
    const output = Object.entries(state("Done").Output ?? {});
    const answers = evaluate(output.map(([, text]) => ({ expression: String(text), variables })));
    const told = Object.fromEntries(
      output.map(([name], n) => [name, (answers[n] as { value: unknown }).value]),
    );
    const { cmd, version, action, ...published } = promoted;
    expect(told).toEqual({ cmd, version, action, published, withdrawn: { marked: 1 }, patches: [] });
  });
});
