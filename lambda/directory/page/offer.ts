import { type ShownArtifact, shownArtifacts } from "../../shared/artifacts.ts";
import { type Current, recentlyCurrent } from "../../shared/current.ts";
import { isPlatform } from "../../shared/names.ts";
import type { Table } from "../../shared/table.ts";
import { compareVersions, isVersion } from "../../shared/version.ts";
import { offered, yankOf } from "../../shared/yanked.ts";
import { comparePlatforms } from "./platform-names.ts";

/** What the page says of a command. */
export interface Offer {
  cmd: string;
  /** The newest one that is current anywhere. */
  version: string;
  /** RFC 3339, UTC: when its first artifact was recorded. Undefined when it has no row any more. */
  recordedAt: string | undefined;
  /** One for each platform, in the order in which people look for theirs. */
  downloads: Download[];
  /** Versions that are or were current, newest first. */
  releases: Release[];
}

export interface Download {
  platform: string;
  /** A platform that a release left out may have an older one than the others. */
  version: string;
  /** SHA-256 of the unpacked binary, standard base64. */
  sha256: string;
  /** Undefined when somebody has deleted the row. */
  artifact: ShownArtifact | undefined;
}

export interface Release {
  version: string;
  recordedAt: string | undefined;
  /** The platforms whose clients are told it. */
  currentOn: string[];
  artifacts: ShownArtifact[];
}

/** Releases that are listed: enough to see whether the project lives, and few reads. */
const RECENT = 5;

/**
 * Reads what the page says of a command: the rows of what it offers, and of its last releases when they are asked for.
 * A version that was built but never current is nobody's business yet, and one that clients were moved back from no longer.
 */
export async function readOffer(
  table: Table,
  current: Current,
  { withReleases }: { withReleases: boolean },
): Promise<Offer | undefined> {
  const standing = offered(current)
    .filter(([platform, { version }]) => isPlatform(platform) && isVersion(version))
    .toSorted(([a], [b]) => comparePlatforms(a, b));
  const versions = [...new Set(standing.map(([, { version }]) => version))].toSorted(compareVersions);
  const newest = versions.at(-1);
  if (newest === undefined) return undefined;
  const isListed = (one: string) =>
    isVersion(one) && compareVersions(one, newest) <= 0 && yankOf(current, one) === undefined;
  const before = withReleases ? await recentlyCurrent(table, current.cmd, RECENT, isListed) : [];
  const listed = [...new Set([...versions, ...before])].toSorted((a, b) => compareVersions(b, a));
  const rows = new Map(
    await Promise.all(
      listed.map(async (one) => [one, await shownArtifacts(table, current.cmd, one)] as const),
    ),
  );
  return {
    cmd: current.cmd,
    version: newest,
    recordedAt: firstRecorded(rows.get(newest)),
    downloads: standing.map(([platform, { version, sha256 }]) => {
      return { platform, version, sha256, artifact: rows.get(version)?.get(platform) };
    }),
    releases: withReleases
      ? listed.slice(0, RECENT).map((version) => ({
          version,
          recordedAt: firstRecorded(rows.get(version)),
          currentOn: standing.filter(([, at]) => at.version === version).map(([platform]) => platform),
          artifacts: [...(rows.get(version)?.values() ?? [])],
        }))
      : [],
  };
}

function firstRecorded(artifacts: Map<string, ShownArtifact> | undefined): string | undefined {
  return [...(artifacts?.values() ?? [])].flatMap(({ recordedAt }) => recordedAt ?? []).toSorted()[0];
}
