import { expect, it } from "vitest";
import { breaches } from "./asl.ts";
import { CONFIGURATIONS } from "./assembly.ts";
import { releaseMachine } from "./stages.ts";
import { type Machine, type State, Template } from "./template.ts";

const machines = Object.entries(CONFIGURATIONS).flatMap(([configuration, config]) => {
  const template = new Template(config, { endpointUrl: undefined });
  const names = template.ofType("AWS::StepFunctions::StateMachine").map(([name]) => name);
  return names.map((name) => ({ name, configuration, machine: template.machine(name) }));
});

it("there are two machines in each configuration", () => {
  expect(machines.length).toBe(2 * Object.keys(CONFIGURATIONS).length);
});

it.each(machines)("$name of $configuration keeps the rules of its language", async ({ machine }) => {
  expect(await breaches(machine)).toEqual([]);
});

const { machine: release } = releaseMachine();
const state = (machine: Machine, name: string): State => {
  const found = machine.States[name];
  if (found === undefined) throw new Error(`no ${name}`);
  return found;
};

it.each<[string, (machine: Machine) => void, RegExp]>([
  ["a transition to nowhere", (it) => Object.assign(state(it, "Plan"), { Next: "Nowhere" }), /Nowhere/],
  [
    "a transition out of a Map",
    (it) =>
      Object.assign(state(it, "Patch").ItemProcessor?.States["MakePatch"] ?? {}, {
        Next: "Publish",
        End: undefined,
      }),
    /there is no Publish beside it/,
  ],
  [
    "a state that nothing leads to",
    (it) => Object.assign(it.States, { Lonely: { Type: "Succeed" } }),
    /Lonely: no state goes/,
  ],
  [
    "states that go round for ever",
    (it) => Object.assign(it.States, { Round: { Type: "Pass", Next: "Round" } }),
    /Round: no end can be reached/,
  ],
  [
    "a name that is too long",
    (it) => Object.assign(it.States, { ["x".repeat(81)]: { Type: "Succeed" } }),
    /80 characters/,
  ],
  ["a field of JSONPath", (it) => Object.assign(state(it, "Plan"), { ResultPath: "$.plan" }), /./],
  ["a field that does not exist", (it) => Object.assign(state(it, "Plan"), { Retries: 3 }), /./],
  [
    "a retrier with a wrong field",
    (it) => state(it, "Plan").Retry?.unshift({ ErrorEquals: ["E"], IntervalSeconds: 0, MaxAttempts: 1 }),
    /Plan: a retrier cannot have IntervalSeconds: 0/,
  ],
  [
    "a retrier for everything before others",
    (it) =>
      state(it, "Plan").Retry?.unshift({ ErrorEquals: ["States.ALL"], IntervalSeconds: 1, MaxAttempts: 1 }),
    /Plan: States.ALL must be in the last/,
  ],
  [
    "a catcher with a field of JSONPath",
    (it) => Object.assign(state(it, "Plan").Catch?.[0] ?? {}, { ResultPath: "$" }),
    /Plan: a catcher cannot have ResultPath/,
  ],
  [
    "an expression that does not parse",
    (it) => Object.assign(state(it, "Plan"), { Output: "{% $states.( %}" }),
    /Plan\/Output/,
  ],
  [
    "half an expression",
    (it) => Object.assign(state(it, "Plan"), { Output: "so {% $plan %}" }),
    /whole text|Output/,
  ],
  [
    "a variable that nobody assigns",
    (it) => Object.assign(state(it, "Plan"), { Output: "{% $plam %}" }),
    /no \$plam/,
  ],
  [
    "a function that does not exist",
    (it) => Object.assign(state(it, "Plan"), { Output: "{% $summ([1]) %}" }),
    /no \$summ/,
  ],
  [
    "the one function that AWS left out",
    (it) => Object.assign(state(it, "Plan"), { Output: "{% $eval('1') %}" }),
    /no \$eval/,
  ],
])("would find %s", async (_, spoil, message) => {
  const machine = structuredClone(release);
  spoil(machine);
  expect((await breaches(machine)).join("\n")).toMatch(message);
});
