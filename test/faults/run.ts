import { createHash } from "node:crypto";
import { audit } from "../../audit/audit.ts";
import { artifactsBefore } from "../../lambda/shared/artifacts.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import { pseudoRandom } from "../lambda/support.ts";
import { type Installed, update } from "./client.ts";
import { KINDS, type Kind } from "./kinds.ts";
import { bringAbout, type Course, chooseShape, MOST_AGAIN } from "./shapes.ts";
import type { World } from "./world.ts";

/** How a run ended: nothing to do, one or more executions more, something missing for ever, or something wrong. */
export type Verdict = "by itself" | "by running again" | "lost" | "wrong";

export interface RunResult {
  /** The faults that came to pass. */
  faults: { kind: string; where: string }[];
  verdict: Verdict;
  /** For the reader: what the executions said, or what is wrong. */
  notes: string[];
  installed: Installed | undefined;
}

/** Faults of a run; not all of them come to pass. */
const FEWEST = 8;

/** Each run has random numbers of its own, so that it does not hang on how the runs before it went. */
export function randomOf(seed: number, number: number): () => number {
  // Neighbouring seeds would give much the same numbers.
  return pseudoRandom(createHash("sha256").update(`${seed} ${number}`).digest().readUInt32LE());
}

/**
 * Releases the next version under faults, starts it again without faults until all is there, and looks at everything.
 * @param number of the run, from 1
 * @param installed what a client has
 * @param before versions that were current, oldest first
 */
export async function runOnce(
  world: World,
  number: number,
  random: () => number,
  installed: Installed | undefined,
  before: readonly string[],
): Promise<RunResult> {
  const { injector, repository } = world.place;
  const shape = chooseShape(random, before);
  const tags = [`v20260101.${2 * number - 1}`, `v20260101.${2 * number}`].slice(-shape.tags);
  for (const tag of tags) repository.commitAndTag(tag, tag);
  const newest = tags.at(-1) as string;

  const faults = chooseKinds(world, random).map((kind) => kind.place(world, random, shape.steps));
  const course: Course = { executions: [], isOver: false };
  const accompanied = Promise.all(faults.map((fault) => fault.accompany?.(course)));
  const { failures, wrong } = await shape.go(world, tags, before, course);
  course.isOver = true;
  await accompanied;
  const happened: RunResult["faults"] = faults
    .filter((fault) => fault.happened())
    .map(({ kind, where }) => ({ kind, where }));
  if (shape.name) happened.push({ kind: shape.name, where: tags.join(", ") });
  injector.clear();

  const notes = [...failures];
  let again = failures.length > 0 && shape.steps.includes("Withdraw") ? 1 : 0;
  let lacks = await lacking(world, newest);
  for (let tries = 0; lacks !== undefined && tries < MOST_AGAIN; tries++) {
    // After a rollback or a withdrawal somebody has to say that it is to be current again: that mends nothing.
    if (shape.steps.length === 0) again++;
    notes.push(`${lacks}: started again`, ...(await bringAbout(world, newest)));
    lacks = await lacking(world, newest);
  }
  if (lacks !== undefined) notes.push(lacks);
  const looked = await lookAtAll(world, installed);
  const problems = [...wrong, ...looked.problems];
  notes.push(...problems);
  const verdict =
    lacks !== undefined
      ? "lost"
      : problems.length > 0
        ? "wrong"
        : again > 0
          ? "by running again"
          : "by itself";
  return { faults: happened, verdict, notes, installed: looked.installed };
}

/** Many of those that pass, and in every second run one that ends the execution or takes it over. */
function chooseKinds({ place }: World, random: () => number): Kind[] {
  const possible = KINDS.filter(({ restarts }) => !restarts || place.restart !== undefined);
  const heavy = possible.filter(({ isHeavy }) => isHeavy);
  const light = possible.filter(({ isHeavy }) => !isHeavy);
  const count = FEWEST + Math.floor(random() * FEWEST);
  return [
    ...Array.from({ length: count }, () => pickByWeight(light, random)),
    ...(random() < 0.5 ? [pickByWeight(heavy, random)] : []),
  ];
}

function pickByWeight(kinds: readonly Kind[], random: () => number): Kind {
  let at = random() * kinds.reduce((sum, { weight }) => sum + weight, 0);
  const kind = kinds.find(({ weight }) => {
    at -= weight;
    return at < 0;
  });
  return kind ?? (kinds[0] as Kind);
}

/** What a release that is through has, and this one does not have yet. */
async function lacking(world: World, tag: string): Promise<string | undefined> {
  const { local, cmd, platforms, bases } = world.place;
  const version = tag.slice(1);
  for (const platform of platforms) {
    const asked = await fetch(`${local.directoryUrl}${cmd}/current/${platform}.json`);
    const current = asked.ok ? ((await asked.json()) as { version: string }).version : asked.status;
    if (current !== version) return `current on ${platform} is ${current} and not ${version}`;
  }
  const settled = await patchesTo(world.table, cmd, version);
  if (settled.length < (await countOlder(world, version, bases)) * platforms.length)
    return `only ${settled.length} pairs of ${version} are settled`;
  return undefined;
}

/** Versions that there can be patches from, `most` at most. */
async function countOlder({ table, place }: World, version: string, most: number): Promise<number> {
  const found = new Set<string>();
  for await (const artifact of artifactsBefore(table, place.cmd, version)) {
    found.add(artifact.version);
    if (found.size > most) break;
  }
  return Math.min(found.size, most);
}

/** Everything that is stored, and what a client gets. */
async function lookAtAll(world: World, installed: Installed | undefined) {
  const { table, s3, place } = world;
  const { cmd } = place;
  const bucket = place.local.artifactsBucket;
  const problems: string[] = [];
  // Not deep: the client unpacks and patches what is new, and all is looked at deeply in the end.
  const { breaches } = await audit({ table, s3, bucket }, { cmd, settleSeconds: 0 });
  problems.push(...breaches.map(({ kind, item, problem }) => `${kind}: ${item}: ${problem}`));
  try {
    return { problems, installed: await update(world, installed) };
  } catch (error) {
    problems.push(String(error));
    return { problems, installed };
  }
}
