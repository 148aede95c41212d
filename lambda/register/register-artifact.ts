import { type Artifact, getArtifact } from "../shared/artifacts.ts";
import { getCurrent } from "../shared/current.ts";
import { type HttpAnswer, line } from "../shared/http/message.ts";
import { type ArtifactId, artifactObjectKey } from "../shared/keys.ts";
import { tellYank, yankOf } from "../shared/yanked.ts";
import type { Registry } from "./routes.ts";

/**
 * Registers a stored artifact: the recorder reads the object and writes the row, and the caller's hash must be what it
 * found. Doing it again gives the same answer. A withdrawn version takes nothing, and says so whatever is recorded of it:
 * clients cannot have it either.
 * @param sha256 what the caller says the binary's is, in canonical base64
 */
export async function registerArtifact(
  { table, record }: Registry,
  id: ArtifactId,
  sha256: string,
): Promise<HttpAnswer> {
  const yank = yankOf(await getCurrent(table, id.cmd, { consistent: true }), id.version);
  if (yank !== undefined) return line(409, tellYank(id.cmd, id.version, yank));
  const standing = await getArtifact(table, id);
  if (standing !== undefined) return compared(standing, sha256, 200);
  const key = artifactObjectKey(id);
  const recorded = await record(key);
  switch (recorded.outcome) {
    case "recorded":
      return compared(recorded.artifact, sha256, 201);
    case "known":
      return compared(recorded.artifact, sha256, 200);
    case "gone":
      return line(422, `there is no object ${key} in the artifacts bucket: store it first`);
    case "refused": {
      // Another object of that name was recorded meanwhile: it is that one which counts.
      const meanwhile = await getArtifact(table, id);
      if (meanwhile !== undefined) return compared(meanwhile, sha256, 200);
      return line(422, `the stored ${key} cannot be registered: ${recorded.reason}`);
    }
  }
}

function compared(artifact: Artifact, sha256: string, status: 200 | 201): HttpAnswer {
  if (artifact.sha256 === sha256) return line(status, status === 201 ? "created" : "ok");
  const problem = `${artifact.key} is registered with sha256 ${artifact.sha256}; a version's bytes never change`;
  return line(409, "conflict", { "hkdist-problem": problem });
}
