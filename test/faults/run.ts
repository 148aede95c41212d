import { createHash } from "node:crypto";
import { audit } from "../../audit/audit.ts";
import { artifactsBefore, artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { describedPlatforms } from "../../lambda/shared/described.ts";
import { isSettled, patchesTo } from "../../lambda/shared/patches.ts";
import { hostPlatform } from "../../tools/install.ts";
import { pseudoRandom } from "../lambda/support.ts";
import { type Installed, update } from "./client.ts";
import { type Fault, KINDS, type Kind } from "./kinds.ts";
import { type Course, chooseShape, isLoser, MOST_AGAIN, promoteAgain, releaseAgain } from "./shapes.ts";
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
/** For what follows in a run, when the first ones are spent. */
const MORE = 6;
const LIGHT_IN_FUNCTIONS = KINDS.filter(({ isHeavy, name }) => !isHeavy && !name.includes("build"));

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

  const faults: Fault[] = chooseKinds(world, random).map((kind) => kind.place(world, random, shape.steps));
  const course: Course = {
    executions: [],
    isOver: false,
    placeMore: (steps) => {
      const more = Array.from({ length: MORE }, () => pickByWeight(LIGHT_IN_FUNCTIONS, random));
      faults.push(...more.map((kind) => kind.place(world, random, [...steps, ...steps, ...steps])));
    },
  };
  const accompanied = Promise.all(faults.map((fault) => fault.accompany?.(course)));
  const { cameAbout, failures, wrong } = await shape.go(world, tags, before, course);
  course.isOver = true;
  await accompanied;
  const happened: RunResult["faults"] = faults
    .filter((fault) => fault.happened())
    .map(({ kind, where }) => ({ kind, where }));
  if (shape.name && cameAbout) happened.push({ kind: shape.name, where: tags.join(", ") });
  injector.clear();

  const notes = [...failures];
  const problems = [...wrong, ...(await mixed(world))];
  let isAgain = failures.some((failure) => !isLoser(failure));
  let lacks = await lacking(world, newest);
  if (lacks !== undefined && shape.steps.length > 0 && (await isRecorded(world, newest))) {
    await promoteAgain(world, newest);
    lacks = await lacking(world, newest);
  }
  for (let tries = 0; lacks !== undefined && tries < MOST_AGAIN; tries++) {
    isAgain = true;
    const said = [await releaseAgain(world, newest)];
    if (said[0]?.includes("PublishRefusedError")) said.push(await promoteAgain(world, newest));
    notes.push(`${lacks}: started again`, ...said.filter((one) => one !== undefined));
    lacks = await lacking(world, newest);
  }
  if (lacks !== undefined) notes.push(lacks);
  const looked = await lookAtAll(world, installed);
  problems.push(...looked.problems);
  notes.push(...problems);
  const verdict =
    problems.length > 0 ? "wrong" : lacks !== undefined ? "lost" : isAgain ? "by running again" : "by itself";
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

/** Whether all platforms are recorded. */
async function isRecorded({ table, place }: World, tag: string): Promise<boolean> {
  const recorded = await artifactsOfVersion(table, place.cmd, tag.slice(1));
  return place.platforms.every((platform) => recorded.has(platform));
}

/** Platforms are released together, so they are at one version at every time. */
async function mixed(world: World): Promise<string[]> {
  const versions = new Set((await currentOf(world)).map(String));
  return versions.size > 1 ? [`platforms are at different versions: ${[...versions].join(", ")}`] : [];
}

/** By platform, the version that clients are told, or the status that they get. */
async function currentOf({ place }: World): Promise<(string | number)[]> {
  const { local, cmd, platforms } = place;
  return Promise.all(
    platforms.map(async (platform) => {
      const asked = await fetch(`${local.directoryUrl}${cmd}/current/${platform}.json`);
      return asked.ok ? ((await asked.json()) as { version: string }).version : asked.status;
    }),
  );
}

/** What a release that is through has, and this one does not have yet. */
async function lacking(world: World, tag: string): Promise<string | undefined> {
  const { local, cmd, platforms, bases } = world.place;
  const version = tag.slice(1);
  const current = await currentOf(world);
  if (current.some((one) => one !== version)) return `current is ${current.join(", ")} and not ${version}`;
  const settled = (await patchesTo(world.table, cmd, version)).filter(isSettled);
  if (settled.length < (await countOlder(world, version, bases)) * platforms.length)
    return `only ${settled.length} pairs of ${version} are settled`;
  const id = { cmd, version };
  const described = await describedPlatforms(world.s3, local.artifactsBucket, id, platforms);
  if (described.size < platforms.length)
    return `only ${described.size} platforms of ${version} have documents`;
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
    const updated = await update(world, installed);
    if (updated.way === "full" && installed !== undefined) {
      const patches = await patchesTo(table, cmd, updated.version);
      const row = patches.find(
        ({ from, platform }) => from === installed.version && platform === hostPlatform(),
      );
      if (row && "s3VersionId" in row) problems.push(`the patch from ${installed.version} is not to be had`);
    }
    return { problems, installed: updated };
  } catch (error) {
    problems.push(String(error));
    return { problems, installed };
  }
}
