import validate from "asl-validator";
import { expressionBreaches } from "./asl-expressions.ts";
import type { Machine, State } from "./template.ts";

// What the Amazon States Language (states-language.net/spec.html) and Step Functions ask of a definition in JSONata.

/** Everything that is wrong with a definition, a sentence each. */
export async function breaches(machine: Machine): Promise<string[]> {
  return [
    ...validate(structuredClone(machine)).errors.map((error) => JSON.stringify(error)),
    ...wayBreaches(machine),
    ...namedStates(machine).flatMap(([name, state]) => [
      ...(name.length > 80 ? [`${name}: a state's name has at most 80 characters`] : []),
      ...[...retryBreaches(state), ...catchBreaches(state)].map((what) => `${name}: ${what}`),
    ]),
    ...(await expressionBreaches(
      machine,
      namedStates(machine).flatMap(([, state]) => assignedBy(state)),
    )),
  ];
}

/** All states with their names, those inside Maps too. */
function namedStates({ States }: Machine): [string, State][] {
  return Object.entries(States).flatMap(([name, state]) => [
    [name, state] satisfies [string, State],
    ...(state.ItemProcessor ? namedStates(state.ItemProcessor) : []),
  ]);
}

/** Transitions stay among the states of one machine or one Map; every state is reached, and gets to an end. */
function wayBreaches({ StartAt, States }: Machine): string[] {
  const targets = ({ Next, Default, Choices = [], Catch = [] }: State) =>
    [Next, Default, ...[...Choices, ...Catch].map((one) => one.Next)].filter((name) => name !== undefined);
  const missing = Object.entries(States).flatMap(([name, state]) =>
    targets(state)
      .filter((target) => !(target in States))
      .map((target) => `${name}: there is no ${target} beside it to go to`),
  );
  const reached = new Set([StartAt]);
  // A set gives what is added while it is walked through.
  for (const name of reached)
    for (const target of States[name] ? targets(States[name]) : []) reached.add(target);
  const ending = new Set<string>();
  const ends = ({ End, Type }: State) => End === true || Type === "Succeed" || Type === "Fail";
  for (let before = -1; before !== ending.size; ) {
    before = ending.size;
    for (const [name, state] of Object.entries(States))
      if (ends(state) || targets(state).some((target) => ending.has(target))) ending.add(name);
  }
  return [
    ...missing,
    ...(StartAt in States ? [] : [`there is no ${StartAt} to start at`]),
    ...Object.keys(States)
      .filter((name) => !reached.has(name))
      .map((name) => `${name}: no state goes there`),
    ...Object.keys(States)
      .filter((name) => !ending.has(name))
      .map((name) => `${name}: no end can be reached`),
    ...Object.values(States).flatMap(({ ItemProcessor }) =>
      ItemProcessor ? wayBreaches(ItemProcessor) : [],
    ),
  ];
}

interface Retrier {
  [field: string]: unknown;
}

const isWhole = (value: unknown, least: number) => Number.isInteger(value) && (value as number) >= least;
const RETRY_FIELDS: { [field: string]: (value: unknown) => boolean } = {
  ErrorEquals: (value) => Array.isArray(value) && value.length > 0,
  IntervalSeconds: (value) => isWhole(value, 1),
  MaxAttempts: (value) => isWhole(value, 0) && (value as number) <= 99_999_999,
  BackoffRate: (value) => typeof value === "number" && value >= 1,
  MaxDelaySeconds: (value) => isWhole(value, 1) && (value as number) < 31_622_400,
  JitterStrategy: (value) => value === "FULL" || value === "NONE",
};
const CATCH_FIELDS = ["ErrorEquals", "Next", "Assign", "Output"];

function retryBreaches({ Retry = [] }: State): string[] {
  return [
    ...(Retry as unknown as Retrier[]).flatMap((retrier) =>
      Object.entries(retrier)
        .filter(([field, value]) => RETRY_FIELDS[field]?.(value) !== true)
        .map(([field, value]) => `a retrier cannot have ${field}: ${JSON.stringify(value)}`),
    ),
    ...Retry.filter(
      ({ MaxDelaySeconds, IntervalSeconds = 1 }) => (MaxDelaySeconds ?? Infinity) <= IntervalSeconds,
    ).map(() => "a retrier's MaxDelaySeconds must be more than its IntervalSeconds"),
    ...allBreaches(Retry),
  ];
}

function catchBreaches({ Catch = [] }: State): string[] {
  const unknown = Catch.flatMap((catcher) => Object.keys(catcher)).filter(
    (field) => !CATCH_FIELDS.includes(field),
  );
  return [...unknown.map((field) => `a catcher cannot have ${field}`), ...allBreaches(Catch)];
}

/** What takes every error comes last, and alone. */
function allBreaches(takers: { ErrorEquals: string[] }[]): string[] {
  const early = takers.slice(0, -1).filter(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"));
  const mixed = takers.filter(
    ({ ErrorEquals }) => ErrorEquals.includes("States.ALL") && ErrorEquals.length > 1,
  );
  return [
    ...early.map(() => "States.ALL must be in the last one"),
    ...mixed.map(() => "States.ALL must be alone in its list"),
  ];
}

/** The variables that a state sets. */
function assignedBy({ Assign, Catch = [], Choices = [] }: State): string[] {
  return [Assign, ...[...Catch, ...Choices].map((one) => one.Assign)].flatMap((all) =>
    Object.keys(all ?? {}),
  );
}
