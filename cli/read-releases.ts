import { artifactsNewestFirst } from "../lambda/shared/artifacts.ts";
import type { Current, Yank } from "../lambda/shared/current.ts";
import type { Table } from "../lambda/shared/table.ts";
import { yankOf } from "../lambda/shared/yanked.ts";

/** A recorded version of a command on all its platforms. */
export interface RecordedRelease {
  cmd: string;
  version: string;
  /** RFC 3339, UTC: of its first artifact. */
  recordedAt: string;
  platforms: string[];
  /** Platforms whose clients are told it. */
  currentOn: string[];
  /** Undefined of a version that no release built. */
  commit: string | undefined;
  tag: string | undefined;
  yank: Yank | undefined;
}

/** A command's newest versions, newest first. */
export async function newestReleases(
  table: Table,
  cmd: string,
  current: Current | undefined,
  most: number,
): Promise<RecordedRelease[]> {
  const releases = new Map<string, RecordedRelease>();
  for await (const { version, platform, recordedAt, commit, tag } of artifactsNewestFirst(table, cmd)) {
    let release = releases.get(version);
    if (release === undefined) {
      if (releases.size === most) break;
      const facts = { cmd, version, recordedAt, commit, tag, yank: yankOf(current, version) };
      release = { ...facts, platforms: [], currentOn: [] };
      releases.set(version, release);
    }
    release.platforms.push(platform);
    if (recordedAt < release.recordedAt) release.recordedAt = recordedAt;
    if (current?.platforms[platform]?.version === version) release.currentOn.push(platform);
  }
  return [...releases.values()].map((release) => ({
    ...release,
    platforms: release.platforms.toSorted(),
    currentOn: release.currentOn.toSorted(),
  }));
}
