import type { Current, HistoryEntry } from "../shared/current.ts";
import { artifactItemKey, patchObjectKey } from "../shared/keys.ts";
import type { Breach } from "./breach.ts";
import type { StoredPatch } from "./check-objects.ts";
import { DAMAGED, nameOf, type World } from "./world.ts";

/** Whether what is current can be had: recorded, with the hash that clients are told, and not withdrawn. */
export function checkCurrent(world: World, current: Current): Breach[] {
  const { cmd } = current;
  return Object.entries(current.platforms).flatMap(([platform, { version, sha256 }]): Breach[] => {
    const item = `current/${cmd}/${platform}`;
    if (current.yanked?.[version] !== undefined) {
      const problem = `it names ${version}, which is withdrawn`;
      return [{ kind: "withdrawn-reachable", item, problem }];
    }
    const row = world.artifacts.get(nameOf(artifactItemKey({ cmd, version, platform })));
    if (row === DAMAGED || row?.sha256 === sha256) return [];
    const recorded = row === undefined ? "which is not recorded" : `and its row says ${row.sha256}`;
    const problem = `clients are told ${version} with SHA-256 ${sha256}, ${recorded}`;
    return [{ kind: "reference-broken", item, problem }];
  });
}

/** Whether both ends of a patch are recorded. */
export function checkEnds(world: World, patch: StoredPatch): Breach | undefined {
  const { cmd, platform, from, to } = patch;
  const missing = [from, to].filter(
    (version) => !world.artifacts.has(nameOf(artifactItemKey({ cmd, version, platform }))),
  );
  if (missing.length === 0) return undefined;
  const problem = `${missing.join(" and ")} ${missing.length > 1 ? "are" : "is"} not recorded on ${platform}`;
  return { kind: "reference-broken", item: patchObjectKey(patch), problem };
}

/**
 * Whether the history of a command, done again from the start, gives what is current: each entry is one write with the row
 * of that revision. Whether an entry moved all platforms of its release cannot be told: some of them may be all that was asked.
 */
export function checkHistory(
  cmd: string,
  current: Current | undefined,
  history: readonly HistoryEntry[],
): Breach | undefined {
  const problem = troubleIn(current, history);
  return problem === undefined ? undefined : { kind: "history-broken", item: `current/${cmd}`, problem };
}

function troubleIn(current: Current | undefined, history: readonly HistoryEntry[]): string | undefined {
  const platforms = new Map<string, string>();
  const yanked = new Map<string, string>();
  for (const [at, entry] of history.entries()) {
    const { revision, from, to } = entry;
    if (revision !== at + 1) return `revision ${at + 1} is missing: revision ${revision} comes next`;
    for (const platform of new Set([...Object.keys(from), ...Object.keys(to)])) {
      const before = platforms.get(platform);
      if (before !== from[platform]) {
        return `revision ${revision} moves ${platform} from ${from[platform] ?? "nothing"}, and it was at ${before ?? "nothing"}`;
      }
      const after = to[platform];
      if (after === undefined) platforms.delete(platform);
      else platforms.set(platform, after);
    }
    if (entry.yanked !== undefined) yanked.set(entry.yanked.version, entry.yanked.reason);
    if (entry.restored !== undefined) yanked.delete(entry.restored);
  }
  if ((current?.revision ?? 0) !== history.length) {
    return `it is at revision ${current?.revision ?? "none"}, and its history ends at ${history.length}`;
  }
  const standing = Object.entries(current?.platforms ?? {}).map(([name, { version }]) => [name, version]);
  const withdrawn = Object.entries(current?.yanked ?? {}).map(([version, { reason }]) => [version, reason]);
  return (
    difference("what is current", standing, [...platforms]) ??
    difference("what is withdrawn", withdrawn, [...yanked])
  );
}

function difference(what: string, is: string[][], ought: string[][]): string | undefined {
  const [left, right] = [is, ought].map((entries) =>
    entries
      .map(([name, value]) => `${name}: ${value}`)
      .sort()
      .join(", "),
  );
  return left === right ? undefined : `${what} is {${left}}, and its history gives {${right}}`;
}
