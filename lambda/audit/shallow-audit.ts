import { isCommand } from "../shared/names.ts";
import type { Table } from "../shared/table.ts";
import type { Breach } from "./breach.ts";
import { checkCurrent, checkEnds, checkHistory } from "./check-current.ts";
import { checkExplained, checkRecorded, recordedObjects, storedPatches, versionOf } from "./check-objects.ts";
import { type Checksums, checkChecksums } from "./checksums.ts";
import { type Objects, readObjects } from "./read-objects.ts";
import { RowReader } from "./read-rows.ts";
import { DAMAGED, type World } from "./world.ts";

/** What is audited: the table, and the artifacts bucket. */
export type Store = Objects & { table: Table };

export interface AuditOptions {
  /** Only this command. */
  cmd?: string | undefined;
  /**
   * What is younger is on its way, and is not judged: an object whose row is still to be written, the objects of a version
   * that is being withdrawn. 0 judges everything, when nothing is going on.
   */
  settleSeconds?: number | undefined;
  /** Milliseconds since 1970: when to stop and tell what was found until then. */
  until?: number | undefined;
}

/** How much was looked at. */
export interface Counts {
  commands: number;
  artifacts: number;
  patches: number;
  /** Object versions and delete markers. */
  objects: number;
  /** Compared with what S3 keeps. */
  checksums: number;
}

export interface Audited {
  breaches: Breach[];
  counts: Counts;
}

/** An hour: releases last minutes, and a message that fails is tried again for a quarter of one. */
const SETTLE_SECONDS = 3600;

/**
 * Holds every row against its object's metadata and against the rows that it names, and every object against the rows.
 * Nothing is downloaded.
 *
 * Rows and objects change while they are read, and a release may be writing. So what is found is a breach only when a second
 * look, after everything has been read anew, finds it again; also when S3 did not answer for an object. When the time is up
 * before that, nothing is a breach but that: the sentence names what was found once.
 * @throws Error when the table or the list of objects cannot be read
 */
export async function shallowAudit(
  store: Store,
  options: AuditOptions = {},
): Promise<Audited & { world: World }> {
  const known: Checksums = new Map();
  let looked: Look | undefined = await look(store, options, known);
  const { breaches: first, late } = looked;
  if (first.length === 0 || late !== undefined) return told(looked, [], first);
  // The second look reads everything anew, and both worlds would not fit into the function's memory.
  looked = undefined;
  const second = await look(store, options, known);
  const again = new Set(second.breaches.map(nameOf));
  const { confirmed = [], others = [] } = Object.groupBy(first, (one) =>
    again.has(nameOf(one)) ? "confirmed" : "others",
  );
  return told(second, confirmed, others);
}

/** What one look found. */
interface Look extends Audited {
  world: World;
  /** Why it is not whole, when the time was up; then what it did not find may still be so. */
  late: string | undefined;
}

const nameOf = ({ kind, item }: Breach) => `${kind} ${item}`;

/** Breaches found once that the sentence of an unfinished audit names. */
const MOST_NAMED = 5;

/** @param unconfirmed what only the first look found: no breach, but worth a word when the second one was cut short */
function told(
  { world, counts, late }: Look,
  confirmed: readonly Breach[],
  unconfirmed: readonly Breach[],
): Audited & { world: World } {
  if (late === undefined) return { breaches: [...confirmed], counts, world };
  const names = unconfirmed.slice(0, MOST_NAMED).map(nameOf).join(", ");
  const more = unconfirmed.length > MOST_NAMED ? ` and ${unconfirmed.length - MOST_NAMED} more` : "";
  const once = names && `; found by the first look only: ${names}${more}`;
  const unfinished: Breach = { kind: "audit-unfinished", item: "audit", problem: `${late}${once}` };
  return { breaches: [...confirmed, unfinished], counts, world };
}

class TimeUp extends Error {}

async function look(store: Store, options: AuditOptions, known: Checksums): Promise<Look> {
  const { cmd, settleSeconds = SETTLE_SECONDS, until = Number.POSITIVE_INFINITY } = options;
  const judgement = { settledAt: Date.now() - settleSeconds * 1000 };
  const isTimeUp = () => Date.now() >= until;
  const world: World = {
    artifacts: new Map(),
    patches: new Map(),
    refusals: new Map(),
    commands: new Map(),
    objects: new Map(),
    damaged: [],
  };
  const breaches: Breach[] = [];
  let checksums = 0;
  let late: string | undefined;
  try {
    await read(store, world, cmd, () => {
      if (isTimeUp()) throw new TimeUp();
    });
    breaches.push(...world.damaged, ...check(world, judgement));
    const stored = recordedObjects(world).filter(
      (recorded) => versionOf(world, recorded)?.size === recorded.size,
    );
    const checked = await checkChecksums(store, stored, known, isTimeUp);
    checksums = checked.compared;
    breaches.push(...checked.breaches);
    if (checked.late > 0) late = `the time was up before ${checked.late} checksums were asked for`;
  } catch (error) {
    if (!(error instanceof TimeUp)) throw error;
    late = "the time was up before all rows and objects were read";
  }
  const { commands, artifacts, patches } = world;
  const objects = [...world.objects.values()].reduce((sum, versions) => sum + versions.length, 0);
  const counts = {
    commands: commands.size,
    artifacts: artifacts.size,
    patches: patches.size,
    objects,
    checksums,
  };
  return { breaches, counts, world, late };
}

/** Reads everything, or everything of one command, into a world. */
async function read(store: Store, world: World, cmd: string | undefined, goOn: () => void): Promise<void> {
  const rows = new RowReader(store.table, world);
  await rows.readArtifacts(cmd);
  goOn();
  world.objects = await readObjects(store, cmd && `${cmd}/`, goOn);
  for (const one of cmd === undefined ? await allCommands(rows, world) : [cmd]) {
    await rows.readPatches(one);
    world.commands.set(one, await rows.readHistory(one));
    goOn();
  }
}

/** Those with rows, and those with objects: patches without a target, for instance, may be all that is left. */
async function allCommands(rows: RowReader, world: World): Promise<string[]> {
  const commands = await rows.commands();
  for (const key of world.objects.keys()) {
    const [cmd = ""] = key.split("/");
    if (isCommand(cmd)) commands.add(cmd);
  }
  return [...commands].sort();
}

/** All that can be told without asking for single objects. */
function check(world: World, judgement: { settledAt: number }): Breach[] {
  const breaches: (Breach | undefined)[] = [];
  for (const [cmd, { current, history }] of world.commands) {
    if (current === DAMAGED) continue;
    if (current !== undefined) breaches.push(...checkCurrent(world, current));
    const whole = history.filter((entry) => entry !== DAMAGED);
    if (whole.length === history.length) breaches.push(checkHistory(cmd, current, whole));
  }
  for (const patch of storedPatches(world)) breaches.push(checkEnds(world, patch));
  for (const recorded of recordedObjects(world)) breaches.push(checkRecorded(world, recorded, judgement));
  breaches.push(...checkExplained(world, judgement));
  return breaches.filter((breach) => breach !== undefined);
}
