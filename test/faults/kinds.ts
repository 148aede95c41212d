import { setTimeout as sleep } from "node:timers/promises";
import type { Placed } from "./injector.ts";
import type { Moment, RequestAct } from "./order.ts";
import type { BuildAct } from "./programs.ts";
import type { Course } from "./shapes.ts";
import type { World } from "./world.ts";

/** A fault of one run. */
export interface Fault {
  kind: string;
  /** For the reader of a failed run: where exactly. */
  where: string;
  happened(): boolean;
  /** What the harness itself does to it while the executions run. */
  accompany?(course: Course): Promise<void>;
}

export interface Kind {
  name: string;
  /** How likely it is, beside the others. */
  weight: number;
  /** It ends the execution or takes it over: one such fault is enough for a run. */
  isHeavy?: true;
  /** Only where nobody else uses the local AWS. */
  restarts?: true;
  /** @param more steps beside those of a release */
  place(world: World, random: () => number, more: readonly string[]): Fault;
}

/** What runs as a function in a release; a state of the machine has the same name, but for Record. */
const STEPS = ["Request", "Plan", "Pair", "Describe", "Patch", "Publish", "Record", "Explain"] as const;
/** The calls of builds: of the source build the archive, of the other one what it reads, stores and reports. */
const BUILD_CALLS = ["put-object sources/*", "get-object *", "put-object *.gz", "put-object reports/*"];
/** No function makes more requests in these releases, but the one that looks at each object of a version, twice in a run. */
const MOST_REQUESTS = 10;
const MOST_OF_WITHDRAW = 40;
const MANY = 1000;
const MOST_OF_RECORD = 8;

export const KINDS: Kind[] = [
  killed("a function is killed at its start", ["start"]),
  killed("a function is killed in its middle", ["request", "answer"]),
  killed("a function is killed at its end", ["end"]),
  onRequest("a request fails once", ["fail", "throttle", "reset"], 1),
  onRequest("a request is slow", ["slow"], 1),
  onRequest("an answer is lost", ["lose", "cut"], 1),
  { ...onRequest("requests fail always", ["fail", "throttle", "reset"], MANY), weight: 1, isHeavy: true },
  { ...onRequest("answers are lost always", ["lose"], MANY), weight: 1, isHeavy: true },
  inBuild("a build is killed before a call", ["kill-before"]),
  inBuild("a build is killed in an upload", ["kill-during"]),
  inBuild("a build is killed after a call", ["kill-after"]),
  { ...inBuild("a build's call fails", ["fail"]), weight: 2 },
  { ...inBuild("a build's answer is lost", ["lose"]), weight: 2 },
  whenHeld("the execution is stopped", 3, async (world, placed, course) => {
    let wasRunning = false;
    for (const one of course.executions) {
      if (await world.stop(one, "an injected fault")) wasRunning = true;
    }
    placed.letGo();
    return wasRunning;
  }),
  {
    ...whenHeld("the emulator is stopped and started", 0.5, async (world) => {
      await world.restart();
      return true;
    }),
    restarts: true,
  },
  onEvents("an event is never delivered", 1, async (world, placed, course) => {
    // Pair would wait for five minutes.
    await until(() => placed.hits() > 0, course);
    if (placed.hits() === 0) return;
    for (const one of course.executions) {
      await until(() => world.hasEntered(one, "Pair"), course);
      await world.stop(one, "an event was lost");
    }
  }),
  onEvents("an event comes late", 1, async (world, placed, course) => {
    await until(() => placed.hits() > 0, course);
    await sleep(4000);
    for (const event of placed.swallowed()) await redeliver(world, event);
  }),
  onEvents("an event comes twice, and late again", 1, async (world, placed, course) => {
    await until(() => placed.hits() > 0, course);
    for (const event of placed.swallowed()) {
      for (const pause of [0, 0, 6000]) {
        await sleep(pause);
        await redeliver(world, event);
      }
    }
  }),
  onEvents("events come in reverse", MANY, async (world, placed, course) => {
    await until(() => placed.hits() > 1, course);
    await sleep(1000);
    for (const event of placed.swallowed().reverse()) await redeliver(world, event);
  }),
];

function mostRequests(step: string): number {
  return step === "Withdraw" ? MOST_OF_WITHDRAW : MOST_REQUESTS;
}

function killed(name: string, moments: readonly Moment[]): Kind {
  return {
    name,
    weight: 3,
    place({ place: { injector } }, random, more) {
      const step = pick([...STEPS, ...more], random);
      const at = pick(moments, random);
      const skip = at === "start" || at === "end" ? 0 : Math.floor(random() * mostRequests(step));
      const placed = injector.inFunction(step, at, "kill", { skip });
      return { kind: name, where: `${step}, ${at} ${skip}`, happened: () => placed.hits() > 0 };
    },
  };
}

function onRequest(name: string, acts: readonly RequestAct[], times: number): Kind {
  return {
    name,
    weight: 4,
    place({ place: { injector } }, random, more) {
      const [step, act] = [pick([...STEPS, ...more], random), pick(acts, random)];
      const skip = Math.floor(random() * mostRequests(step));
      // What cannot be recorded is waited for, five minutes long.
      const most = step === "Record" ? MOST_OF_RECORD : MANY;
      const placed = injector.inFunction(step, "request", act, { skip, times: Math.min(times, most) });
      return { kind: name, where: `${step}, request ${skip}: ${act}`, happened: () => placed.hits() > 0 };
    },
  };
}

function inBuild(name: string, acts: readonly BuildAct[]): Kind {
  return {
    name,
    weight: 1,
    ...(acts.some((act) => act.startsWith("kill")) && { isHeavy: true }),
    place({ place: { injector } }, random) {
      const calls = acts.includes("kill-during")
        ? BUILD_CALLS.filter((one) => one.startsWith("put"))
        : BUILD_CALLS;
      const [call, act] = [pick(calls, random), pick(acts, random)];
      const placed = injector.inBuild(call, act, {
        skip: call.includes(".gz") ? Math.floor(random() * 2) : 0,
      });
      return { kind: name, where: `${call}: ${act}`, happened: () => placed.hits() > 0 };
    },
  };
}

/** Somebody stands still in a step, in its middle, at its end, or in a build. */
function holdSomewhere(
  { place: { injector } }: World,
  random: () => number,
  more: readonly string[],
): { placed: Placed; where: string } {
  const step = pick([...STEPS, ...more, "Source", "Build"], random);
  if (step === "Source" || step === "Build") {
    const call = step === "Source" ? "put-object sources/*" : pick(BUILD_CALLS.slice(1), random);
    return { placed: injector.inBuild(call, "hold"), where: `${step}: ${call}` };
  }
  const at = pick(["start", "request", "answer", "end"] as const, random);
  const skip = at === "request" || at === "answer" ? Math.floor(random() * 4) : 0;
  return { placed: injector.inFunction(step, at, "hold", { skip }), where: `${step}, ${at} ${skip}` };
}

/** Somebody stands still, and something is done meanwhile. @param act returns whether it came about */
function whenHeld(
  name: string,
  weight: number,
  act: (world: World, placed: Placed, course: Course) => Promise<boolean>,
): Kind {
  return {
    name,
    weight,
    isHeavy: true,
    place(world, random, more) {
      const { placed, where } = holdSomewhere(world, random, more);
      let happened = false;
      return {
        kind: name,
        where,
        happened: () => happened,
        async accompany(course) {
          if (await until(() => placed.isHeld(), course)) happened = await act(world, placed, course);
        },
      };
    },
  };
}

function onEvents(
  name: string,
  times: number,
  accompany: (world: World, placed: Placed, course: Course) => Promise<void>,
): Kind {
  return {
    name,
    weight: 1,
    isHeavy: true,
    place(world) {
      const placed = world.place.injector.inFunction("Record", "start", "swallow", {
        times: times === MANY ? 2 : times,
      });
      return {
        kind: name,
        where: `${times === MANY ? "all" : "the first"}`,
        happened: () => placed.hits() > 0,
        accompany: (course) => accompany(world, placed, course),
      };
    },
  };
}

/** The messages of a call of the recorder, as they were. */
async function redeliver(world: World, event: unknown): Promise<void> {
  for (const { body } of (event as { Records: { body: string }[] }).Records) {
    await world.sendToRecorder(JSON.parse(body));
  }
}

/** Waits for something. @returns false when all is over before it came */
async function until(came: () => boolean | Promise<boolean>, course: Course): Promise<boolean> {
  for (;;) {
    const isOver = course.isOver;
    if (await came()) return true;
    if (isOver) return false;
    await sleep(100);
  }
}

export function pick<One>(list: readonly One[], random: () => number): One {
  return list[Math.floor(random() * list.length)] as One;
}
