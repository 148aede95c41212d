import type { Artifact } from "../shared/artifacts.ts";
import { ArtifactConflictError, BuildFailedError } from "../shared/errors.ts";
import type { PlatformReport } from "../shared/report.ts";

/** Characters for all compilers' words together, so that none of them pushes another out. */
const MESSAGES_LENGTH = 4000;

/**
 * Holds what the builds say against what was recorded.
 * @throws BuildFailedError when a platform did not compile, with the compiler's words
 * @throws ArtifactConflictError when a build made other bytes than the recorded ones
 */
export function checkBuilds(
  reports: readonly PlatformReport[],
  recorded: ReadonlyMap<string, Artifact>,
): void {
  const failures = new Map<string, string[]>();
  for (const report of reports) {
    if (report.outcome !== "failed") continue;
    failures.set(report.message, [...(failures.get(report.message) ?? []), report.platform]);
  }
  if (failures.size > 0) {
    const share = Math.floor(MESSAGES_LENGTH / failures.size);
    const messages = [...failures].map(
      ([message, platforms]) => `${platforms.join(", ")} did not compile:\n${message.slice(-share)}`,
    );
    throw new BuildFailedError(
      `${messages.join("\n\n")}\n\nThe other platforms are kept. Mend it under a new tag, or release the others with "platforms".`,
    );
  }
  for (const report of reports) {
    const artifact = recorded.get(report.platform);
    if (artifact === undefined || report.outcome === "failed" || artifact.sha256 === report.sha256) continue;
    throw new ArtifactConflictError(
      `${artifact.key} is recorded with SHA-256 ${artifact.sha256}, but this release's build made ${report.sha256}. ` +
        "The stored one stays: find out who stored it, and release under a new tag.",
    );
  }
}
