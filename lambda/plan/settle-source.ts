import { MovedTagError, SourceRefusedError } from "../shared/errors.ts";
import type { Source } from "../shared/sources.ts";
import type { Found } from "./outcome.ts";

/**
 * Judges what the source build found against what the table knows of that version.
 * @param archiveExists whether the known archive is still in the sources bucket, where archives expire
 * @returns the source to build from, and whether its row must be written
 * @throws MovedTagError when the tag named another object or commit before
 * @throws SourceRefusedError `UnreachableTagError` when a new tag is not on the command's branch
 */
export function settleSource(
  { source, onBranch }: Found,
  known: Source | undefined,
  archiveExists: boolean,
): { source: Source; write: boolean } {
  if (known === undefined) {
    if (onBranch) return { source, write: true };
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
  if (archiveExists) return { source: known, write: false };
  // Only the archive is new: the version's other platforms were built with the Go version of the first time.
  const { archiveKey, archiveSha256 } = source;
  return { source: { ...known, archiveKey, archiveSha256 }, write: true };
}
