import type { S3Client } from "@aws-sdk/client-s3";
import { type ArtifactId, binaryName } from "../lambda/shared/keys.ts";
import { UserError } from "../tools/user-error.ts";
import { type Archive, archiveOfCommit, CommitMissingError, storedArchive } from "./archive.ts";
import { type HookConsent, permitHook } from "./hook.ts";
import { type Deployment, download, publishedPlatforms, statementOf, toldSha256 } from "./published.ts";
import { type Rebuilt, rebuild } from "./rebuild.ts";
import type { Statement } from "./statement.ts";
import { Workshop } from "./workshop.ts";

export interface VerifyOptions extends HookConsent {
  cmd: string;
  version: string;
  deployment: Deployment;
  /** Reads archives; whether it may is found out. */
  s3: S3Client;
  /** Only these; all that are published when empty. */
  platforms: string[];
  /** The deployment's sources bucket, for its archive when the commit cannot be had. */
  bucket: string | undefined;
  /** Only the archive. */
  onlyArchive: boolean;
  /** Whatever the repository's tag names now. */
  ignoreTag: boolean;
  /** Instead of the one that the statement names. */
  repository: string | undefined;
  /** Gets the verdicts, a line for each platform. */
  say: (line: string) => void;
  /** Gets what goes on meanwhile. */
  log: (line: string) => void;
}

type Build = Statement["builds"][number];

/** Platforms that one build made. */
interface Group {
  statement: Statement;
  build: Build;
  platforms: string[];
}

/**
 * Builds a published version again and holds it against what the directory tells and what clients download.
 * @returns whether all of it is the same
 * @throws UserError when that cannot be found out
 */
export async function verifyRelease(options: VerifyOptions): Promise<boolean> {
  const { cmd, version, deployment, say, log } = options;
  const published = await publishedPlatforms(deployment, cmd, version);
  const unknown = options.platforms.filter((platform) => !published.includes(platform));
  if (unknown.length > 0) {
    throw new UserError(
      `${cmd} ${version} is not published for ${unknown.join(", ")}, but for ${published.join(", ")}.`,
    );
  }
  const platforms = options.platforms.length > 0 ? options.platforms : published;
  const width = Math.max(...platforms.map(({ length }) => length));
  let same = true;
  const tell = (platform: string, { isSame, words }: Verdict) => {
    same &&= isSame;
    say(`${platform.padEnd(width)}  ${words}`);
  };

  const groups = new Map<string, Group>();
  for (const platform of platforms) {
    const found = await findBuild(deployment, { cmd, version, platform });
    if (found === undefined) {
      tell(platform, { isSame: false, words: "UNKNOWN    no statement tells how it was built" });
      continue;
    }
    const name = JSON.stringify(found.build);
    const group = groups.get(name) ?? { ...found, platforms: [] };
    group.platforms.push(platform);
    groups.set(name, group);
  }
  for (const { statement, build, platforms: mine } of groups.values()) {
    permitHook(build.hook, options, log);
    const workshop = new Workshop();
    try {
      const { archive, note, tagTrouble } = await archiveFor(workshop, options, statement, build, mine);
      if (tagTrouble !== undefined) {
        say(`tag: ${tagTrouble}`);
        same &&= options.ignoreTag;
      }
      log(`Building ${mine.join(", ")} with Go ${statement.goVersion}.`);
      const rebuilt = await rebuild(workshop, { cmd, version }, statement, build, mine, archive);
      for (const platform of mine) {
        const id = { cmd, version, platform };
        const stated = Buffer.from(statement.subjects.get(binaryName(id)) ?? "", "hex").toString("base64");
        const verdict = await judge(deployment, id, stated, rebuilt.get(platform));
        tell(platform, { ...verdict, words: `${verdict.words}${note}` });
      }
    } finally {
      workshop.remove();
    }
  }
  return same;
}

async function findBuild(
  deployment: Deployment,
  id: ArtifactId,
): Promise<{ statement: Statement; build: Build } | undefined> {
  const statement = await statementOf(deployment, id);
  if (statement && statement.tag !== `v${id.version}`) {
    throw new UserError(`The statement about ${id.cmd} ${id.version} is about the tag ${statement.tag}.`);
  }
  const build = statement?.builds.find(({ platforms }) => platforms.includes(id.platform));
  return statement && build && { statement, build };
}

/** What to build from, and what the verdicts must say of it. */
interface Found {
  archive: Archive;
  note: string;
  tagTrouble?: string | undefined;
}

async function archiveFor(
  workshop: Workshop,
  { cmd, s3, bucket, onlyArchive, repository, log }: VerifyOptions,
  statement: Statement,
  build: Build,
  platforms: string[],
): Promise<Found> {
  const where = repository ?? statement.repository;
  if (!onlyArchive) {
    try {
      const { tagTrouble, ...archive } = await archiveOfCommit(
        workshop,
        { cmd },
        statement,
        build,
        platforms,
        where,
      );
      log(`Built from commit ${statement.commit} of ${where}.`);
      return { archive, note: "", tagTrouble };
    } catch (error) {
      if (bucket === undefined || !(error instanceof CommitMissingError)) throw error;
      log(error.message);
    }
  }
  const archive = await storedArchive(workshop, s3, bucket ?? "", build);
  log(`Built from the archive ${archive.sha256}.`);
  return { archive, note: " (from the archive only; the commit was not looked at)" };
}

interface Verdict {
  isSame: boolean;
  words: string;
}

/** @param stated the SHA-256 in the statement; like all here, standard padded base64 */
async function judge(
  deployment: Deployment,
  id: ArtifactId,
  stated: string,
  rebuilt: Rebuilt | undefined,
): Promise<Verdict> {
  const { report, gzip } = rebuilt ?? {};
  if (report === undefined || report.outcome === "failed") {
    return { isSame: false, words: `FAILED     it did not compile: ${report?.message ?? "no word of it"}` };
  }
  const told = await toldSha256(deployment, id);
  const downloaded = await download(deployment, id);
  const hashes = { directory: told, download: downloaded.sha256, statement: stated, rebuilt: report.sha256 };
  if (new Set(Object.values(hashes)).size > 1) {
    const list = Object.entries(hashes).map(([name, hash]) => `${name} ${hash || "(no gzip)"}`);
    return { isSame: false, words: `DIFFERENT  ${list.join(", ")}` };
  }
  // The same file, packed by another gzip than the build image's: clients unpack it to the same.
  const packed = gzip?.equals(downloaded.gzip) ? "" : " (its gzip is not: another gzip program?)";
  return { isSame: true, words: `same       ${report.sha256}${packed}` };
}
