import { SourceRefusedError } from "../shared/errors.ts";
import type { Source } from "../shared/sources.ts";
import { versionOfTag } from "../shared/version.ts";

/** What buildspec/source.yml exports: a test holds the two lists against each other. */
export const EXPORTED_VARIABLES = [
  "OUTCOME",
  "REFUSAL",
  "REASON",
  "TAG",
  "TAG_OBJECT",
  "COMMIT",
  "COMMIT_DATE",
  "TAG_DATE",
  "TAG_ON_BRANCH",
  "SIGNER",
  "GO_VERSION",
  "ARCHIVE_KEY",
  "ARCHIVE_SHA256",
] as const;

/** What the source build found. */
export interface Found {
  source: Source;
  /** The tag's commit is the head of the command's branch or one of its ancestors. */
  onBranch: boolean;
}

/**
 * Reads a source build's exported variables.
 * @throws SourceRefusedError under the name and with the reason that the build gave.
 */
export function readOutcome(cmd: string, exported: readonly { Name: string; Value: string }[]): Found {
  const values = new Map(exported.map(({ Name, Value }) => [Name, Value]));
  const value = (name: (typeof EXPORTED_VARIABLES)[number]) => values.get(name) ?? "";
  if (value("OUTCOME") === "refused")
    throw new SourceRefusedError(value("REFUSAL") || "SourceRefusedError", value("REASON"));
  const tag = value("TAG");
  const version = versionOfTag(tag);
  const source = {
    cmd,
    version: version ?? "",
    tag,
    tagObject: value("TAG_OBJECT"),
    commit: value("COMMIT"),
    commitDate: value("COMMIT_DATE"),
    tagDate: value("TAG_DATE"),
    signer: value("SIGNER"),
    goVersion: value("GO_VERSION"),
    archiveKey: value("ARCHIVE_KEY"),
    archiveSha256: value("ARCHIVE_SHA256"),
  };
  const { signer: _, ...required } = source;
  const empty = Object.entries(required).filter(([, text]) => text === "");
  if (value("OUTCOME") !== "archived" || empty.length > 0) {
    const names = empty.map(([name]) => name).join(", ");
    throw new Error(`the source build of ${cmd} did not report its outcome (empty: ${names}): see its log`);
  }
  return { source, onBranch: value("TAG_ON_BRANCH") === "true" };
}
