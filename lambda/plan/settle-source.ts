import { MovedTagError, SourceRefusedError } from "../shared/errors.ts";
import type { Source } from "../shared/sources.ts";
import type { Found } from "./outcome.ts";

/**
 * Judges what the source build found against what the table knows of that version.
 * The new archive is taken even when there is one: it is of the same commit, it was there a moment ago, and it has the
 * modules of the platforms as they are configured now. The Go version stays that of the first time, so that platforms
 * which are built later are built alike; so does the signer when tags are no longer verified, for the tag is the same.
 * @returns the source to build from
 * @throws MovedTagError when the tag named another object or commit before
 * @throws SourceRefusedError `UnreachableTagError` when a new tag is not on the command's branch
 */
export function settleSource({ source, onBranch }: Found, known: Source | undefined): Source {
  if (known === undefined) {
    if (onBranch) return source;
    throw new SourceRefusedError(
      "UnreachableTagError",
      `${source.tag} (commit ${source.commit}) is not on the configured branch of ${source.cmd}: ` +
        "merge that commit, or tag one that is on the branch",
    );
  }
  if (known.tagObject !== source.tagObject || known.commit !== source.commit) {
    throw new MovedTagError(
      `${source.tag} was released from object ${known.tagObject} (commit ${known.commit}) and now names ` +
        `object ${source.tagObject} (commit ${source.commit}): a released tag never changes, make a new one`,
    );
  }
  return { ...source, goVersion: known.goVersion, signer: source.signer || known.signer };
}
