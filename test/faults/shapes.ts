import { randomUUID } from "node:crypto";
import { pick } from "./kinds.ts";
import type { World } from "./world.ts";

/** What is going on while the faults wait for their moments. */
export interface Course {
  /** ARNs, as they are started. */
  executions: string[];
  isOver: boolean;
  /** Puts more faults into these steps. */
  placeMore(steps: readonly string[]): void;
}

/** What is done under faults: always a release, and sometimes more. */
export interface Shape {
  /** Undefined: nothing unusual. */
  name: string | undefined;
  /** States that it goes through beside those of a release. */
  steps: readonly string[];
  /** How many versions are released. */
  tags: 1 | 2;
  /** @returns notes for the reader, of what failed or is wrong */
  go(world: World, tags: readonly string[], before: readonly string[], course: Course): Promise<Went>;
}

export interface Went {
  /** Whether what is unusual about the shape came about. */
  cameAbout: boolean;
  /** What failed executions said. */
  failures: string[];
  /** What must not be, at no time. */
  wrong: string[];
}

const PROMOTION = ["Promote", "Bases"];
/** How often something is started again before it counts as lost. */
export const MOST_AGAIN = 4;

const RELEASE: Shape = {
  name: undefined,
  steps: [],
  tags: 1,
  go: (world, [tag], _before, course) => all([releaseOf(world, tag, course)]),
};

const SHAPES: Shape[] = [
  {
    name: "two executions of one release",
    steps: [],
    tags: 1,
    go: (world, [tag], _before, course) =>
      all([releaseOf(world, tag, course), releaseOf(world, tag, course)]),
  },
  {
    name: "two releases at once",
    steps: [],
    tags: 2,
    go: (world, tags, _before, course) => all(tags.map((tag) => releaseOf(world, tag, course))),
  },
  {
    name: "a rollback during a release",
    steps: PROMOTION,
    tags: 1,
    go: (world, [tag], before, course) =>
      all([
        releaseOf(world, tag, course),
        promotionOf(world, { version: before.at(-2), force: true }, course),
      ]),
  },
  {
    name: "a version is withdrawn and given back",
    steps: [...PROMOTION, "Withdraw"],
    tags: 1,
    go: withdrawAndGiveBack,
  },
];

/** @param before versions that were current, oldest first: without two of them there is nowhere to go back to */
export function chooseShape(random: () => number, before: readonly string[]): Shape {
  if (random() > 0.25) return RELEASE;
  return pick(before.length < 2 ? SHAPES.slice(0, 2) : SHAPES, random);
}

async function withdrawAndGiveBack(
  world: World,
  [tag]: readonly string[],
  _before: readonly string[],
  course: Course,
): Promise<Went> {
  const { cmd, local } = world.place;
  const version = tag?.slice(1) ?? "";
  const went = await all([releaseOf(world, tag, course)]);
  const untilDone = async (input: object) => {
    for (let tries = 0; tries <= MOST_AGAIN; tries++) {
      const { failures } = await all([promotionOf(world, { version, ...input }, course)]);
      went.failures.push(...failures);
      if (failures.length === 0) return true;
      // What was killed is healed before it is started again, as after a release.
      world.place.injector.heal();
    }
    return false;
  };
  const statusOf = async () => {
    const [platform] = world.place.platforms;
    const urls = [
      `${local.directoryUrl}${cmd}/${version}/${platform}.json`,
      `${local.artifactsUrl}${cmd}/${version}/${platform}.gz`,
    ];
    return (await Promise.all(urls.map((url) => fetch(url)))).map(({ ok }) => ok);
  };
  // A release that failed before it stored anything: there is nothing to withdraw.
  if (!(await statusOf()).every(Boolean)) return { ...went, cameAbout: false };
  if (!(await untilDone({ yank: true, reason: "an injected fault" })))
    went.wrong.push("it cannot be withdrawn");
  if ((await statusOf()).some(Boolean)) went.wrong.push(`${version} is withdrawn and can still be had`);
  course.placeMore(["Promote", "Withdraw"]);
  if (!(await untilDone({ yank: false }))) went.wrong.push("it cannot be given back");
  if (!(await statusOf()).every(Boolean)) went.wrong.push(`${version} was given back and cannot be had`);
  return went;
}

async function releaseOf(world: World, tag: string | undefined, course: Course): Promise<string | undefined> {
  return ended(world, await world.release(tag ?? ""), course);
}

async function promotionOf(world: World, input: object, course: Course): Promise<string | undefined> {
  return ended(world, await world.promote(input, randomUUID()), course);
}

/** @returns what a failed execution says */
async function ended(world: World, executionArn: string, course: Course): Promise<string | undefined> {
  course.executions.push(executionArn);
  const { status, error, cause } = await world.endOf(executionArn);
  if (status === "SUCCEEDED") return undefined;
  return `${status} ${error ?? ""}: ${cause ?? ""}`.replaceAll("\n", " ").slice(0, 300);
}

async function all(executions: Promise<string | undefined>[]): Promise<Went> {
  const failures = (await Promise.all(executions)).filter((one) => one !== undefined);
  return { cameAbout: true, failures, wrong: [] };
}

/** An execution that came too late, and says so: nothing broke. */
export function isLoser(failure: string): boolean {
  return /^FAILED (ConcurrentPublishError|PublishRefusedError): /.test(failure);
}

/** Starts the release again, without faults. @returns what it said if it failed */
export function releaseAgain(world: World, tag: string): Promise<string | undefined> {
  return releaseOf(world, tag, quiet());
}

/** After a rollback or a withdrawal somebody has to say that a version is to be current again. */
export function promoteAgain(world: World, tag: string): Promise<string | undefined> {
  return promotionOf(world, { version: tag.slice(1), force: true }, quiet());
}

function quiet(): Course {
  return { executions: [], isOver: false, placeMore: () => {} };
}
