import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { GetObjectCommand, type S3Client } from "@aws-sdk/client-s3";
import type { ArtifactId } from "../lambda/shared/keys.ts";
import { UserError } from "../tools/user-error.ts";
import type { Statement } from "./statement.ts";
import type { Workshop } from "./workshop.ts";

/** An archive in the workshop's sources bucket. */
export interface Archive {
  key: string;
  /** Hex. */
  sha256: string;
}

type Build = Statement["builds"][number];

/** The commit that a statement names cannot be had from its repository. */
export class CommitMissingError extends UserError {
  override name = "CommitMissingError";
}

/** An archive that was made from the commit, and how the repository's tag differs from the statement, if it does. */
export interface CommitArchive extends Archive {
  tagTrouble: string | undefined;
}

/**
 * Gets the very archive that a build was made from.
 * @throws UserError when it has expired, these credentials may not read it, or it is another one
 */
export async function storedArchive(
  workshop: Workshop,
  s3: S3Client,
  Bucket: string,
  { archive }: Build,
): Promise<Archive> {
  const uri = `s3://${Bucket}/${archive.key}`;
  let bytes: Uint8Array;
  try {
    const object = await s3.send(new GetObjectCommand({ Bucket, Key: archive.key }));
    bytes = (await object.Body?.transformToByteArray()) ?? new Uint8Array();
  } catch (error) {
    const { name, message } = error as Error;
    throw new UserError(`The archive ${uri} cannot be had (${name}: ${message}).`);
  }
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  if (sha256 !== archive.sha256) {
    throw new UserError(
      `The archive ${uri} has SHA-256 ${sha256}; the build was made from ${archive.sha256}.`,
    );
  }
  workshop.storeSource(archive.key, bytes);
  return archive;
}

/**
 * Makes the archive again, from the commit that the statement names, with what the source build runs. The tag may have
 * gone or moved meanwhile: the commit counts.
 * @throws UserError when the repository does not have the commit, or it cannot be archived
 */
export async function archiveOfCommit(
  workshop: Workshop,
  { cmd }: Pick<ArtifactId, "cmd">,
  statement: Statement,
  { settings, hook }: Build,
  platforms: readonly string[],
  repository: string,
): Promise<CommitArchive> {
  const { tag, commit, goVersion } = statement;
  const copy = workshop.path("repository.git");
  const tagTrouble = fetchCommit(copy, repository, statement);
  const branch = "verified";
  git(copy, "update-ref", `refs/heads/${branch}`, commit);
  const outcome = await workshop.runScript("source.sh", {
    ...settings,
    HKDIST_COMMAND: cmd,
    HKDIST_REPOSITORY: copy,
    HKDIST_BRANCH: branch,
    HKDIST_TAG: tag,
    HKDIST_PLATFORMS: platforms.join(" "),
    HKDIST_GO_VERSION: goVersion,
    HKDIST_HAS_HOOK: hook === undefined ? "" : "true",
  });
  if (outcome["OUTCOME"] !== "archived") {
    throw new UserError(`Commit ${commit} cannot be archived: ${outcome["REFUSAL"]}: ${outcome["REASON"]}`);
  }
  if (outcome["COMMIT"] !== commit) {
    throw new UserError(`What was archived is commit ${outcome["COMMIT"]}, not ${commit}.`);
  }
  return { key: outcome["ARCHIVE_KEY"] ?? "", sha256: outcome["ARCHIVE_SHA256"] ?? "", tagTrouble };
}

/**
 * Leaves the commit in `copy`, under its tag: the tag object that was released if it is still there and names the commit.
 * @returns how the repository's tag differs: hosts serve the commits of anybody's fork under a repository's URL, so the
 * commit alone does not tell whose it is
 */
function fetchCommit(
  copy: string,
  repository: string,
  { tag, tagObject, commit }: Statement,
): string | undefined {
  const ref = `refs/tags/${tag}`;
  git(undefined, "init", "--quiet", "--bare", "--template=", copy);
  const has = (name: string) => works(copy, "cat-file", "-e", name);
  const names = (name: string) => {
    const peeled = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`];
    return works(copy, ...peeled) ? git(copy, ...peeled) : undefined;
  };
  const fetch = (...refs: string[]) =>
    works(copy, "fetch", "--quiet", "--no-tags", "--", repository, ...refs);
  const hasTag = fetch(`+${ref}:${ref}`);
  // Not every server gives out a commit by its name.
  const reachable = hasTag || fetch(commit);
  const tagged = hasTag ? names(ref) : undefined;
  if (!has(`${commit}^{commit}`)) fetch(commit);
  if (!has(`${commit}^{commit}`)) fetch("+refs/*:refs/remotes/all/*");
  if (!has(`${commit}^{commit}`)) {
    const why = reachable ? "does not have it any more" : "cannot be read";
    throw new CommitMissingError(
      `Commit ${commit} of ${tag} is needed, and ${repository} ${why}. ` +
        "Name one that has it with --repository, or look whether you may read that one.",
    );
  }
  git(copy, "update-ref", ref, names(tagObject) === commit ? tagObject : commit);
  if (tagged === commit) return undefined;
  const trouble = tagged === undefined ? `has no tag ${tag}` : `has ${tag} at another commit, ${tagged}`;
  return `${repository} ${trouble}: commit ${commit} may be anybody's (of a fork, for instance)`;
}

function git(folder: string | undefined, ...args: string[]): string {
  return execFileSync(
    "git",
    [...(folder ? [`--git-dir=${folder}`] : []), "-c", "core.hooksPath=/dev/null", ...args],
    {
      encoding: "utf8",
      stdio: "pipe",
      env: {
        ...process.env,
        GIT_TERMINAL_PROMPT: "0",
        GIT_ALLOW_PROTOCOL: "https:ssh:file",
      },
    },
  ).trim();
}

function works(folder: string, ...args: string[]): boolean {
  try {
    git(folder, ...args);
    return true;
  } catch {
    return false;
  }
}
