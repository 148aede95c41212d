import type { S3Client } from "@aws-sdk/client-s3";
import { type Artifact, artifactsOfVersion } from "../shared/artifacts.ts";
import { putDocumentOnce, readDocument } from "../shared/documents.ts";
import { DocumentConflictError } from "../shared/errors.ts";
import { binaryName, laterProvenanceObjectKey, provenanceObjectKey, sbomObjectKey } from "../shared/keys.ts";
import type { Described, DescribeEvent } from "../shared/payloads.ts";
import { readReports } from "../shared/reports.ts";
import { getSource } from "../shared/sources.ts";
import type { Table } from "../shared/table.ts";
import { hexOf } from "./hex.ts";
import { type Provenance, provenanceOf } from "./provenance.ts";
import { findBuilds } from "./reported-builds.ts";
import { sbomOf, sha256OfSbom } from "./sbom.ts";

export interface Describer {
  table: Table;
  s3: S3Client;
  artifactsBucket: string;
  sourcesBucket: string;
  artifactsUrl: string;
}

/**
 * Writes what goes with the release's artifacts: a bill of materials each, and one statement about how they were made.
 * What is there stays, when it is about the recorded bytes. A platform that is released after the others gets a statement
 * of its own.
 * @throws BuildReportMissingError when a document cannot be written any more
 * @throws DocumentConflictError when something else has the name of one
 */
export async function describeRelease(
  describer: Describer,
  { request, plan }: Omit<DescribeEvent, "execution">,
): Promise<Described> {
  const { cmd, platforms, bases } = request;
  // Patches only: their target may have been built elsewhere.
  if (bases.length > 0) return { documents: [] };
  const { table, s3, artifactsBucket, sourcesBucket, artifactsUrl } = describer;
  const { version } = plan;
  const recorded = await artifactsOfVersion(table, cmd, version);
  const source = await getSource(table, cmd, version);
  const artifacts = platforms.flatMap((platform) => recorded.get(platform) ?? []);
  if (source === undefined || artifacts.length < platforms.length) {
    throw new Error(`${cmd} ${version} is not recorded on ${platforms.join(", ")}`);
  }

  const first = await readStatement(describer, provenanceObjectKey(cmd, version), recorded);
  const standing = await Promise.all(artifacts.map((one) => findStanding(describer, one, first)));
  const documents = standing.flatMap(({ sbom, statement }) => [sbom, statement ?? []].flat());
  const open = standing.filter(({ hasSbom, statement }) => !hasSbom || statement === undefined);
  if (open.length === 0) return { documents: [...new Set(documents)] };

  const reports = await readReports(s3, sourcesBucket, cmd, version);
  const { modules } = findBuilds(
    open.map(({ artifact }) => artifact),
    reports,
  );
  const untold = open.filter(({ statement }) => statement === undefined).map(({ artifact }) => artifact);
  const state = async (key: string, about: Artifact[]) => {
    const { builds } = findBuilds(about, reports);
    const facts = { artifacts: about, builds, source, repository: request.repository };
    const statement = provenanceOf({ ...facts, artifactsUrl });
    await putDocumentOnce(
      s3,
      artifactsBucket,
      key,
      `${JSON.stringify(statement, null, 2)}\n`,
      "application/json",
    );
  };
  if (first === undefined) {
    if (untold.length > 0) await state(provenanceObjectKey(cmd, version), untold);
  } else {
    for (const artifact of untold) await state(laterProvenanceObjectKey(artifact), [artifact]);
  }
  for (const { artifact, sbom, hasSbom } of open) {
    if (hasSbom) continue;
    const text = sbomOf(artifact, modules.get(artifact.platform) ?? "");
    await putDocumentOnce(s3, artifactsBucket, sbom, text, "application/vnd.cyclonedx+json");
  }
  // Once more: to hold what now stands, ours or another execution's, against the records.
  return describeRelease(describer, { request, plan });
}

/** What is there of an artifact's documents. */
interface Standing {
  artifact: Artifact;
  sbom: string;
  hasSbom: boolean;
  /** The key of the statement that has this artifact among its subjects. */
  statement: string | undefined;
}

async function findStanding(
  describer: Describer,
  artifact: Artifact,
  first: Set<string> | undefined,
): Promise<Standing> {
  const { cmd, version, platform } = artifact;
  const sbom = sbomObjectKey(artifact);
  const text = await readDocument(describer.s3, describer.artifactsBucket, sbom);
  if (text !== undefined) {
    const found = parsed(sbom, () => sha256OfSbom(text));
    if (found !== hexOf(artifact.sha256)) throw conflict(sbom, `is not about the recorded ${artifact.key}`);
  }
  const hasSbom = text !== undefined;
  if (first?.has(platform)) {
    return { artifact, sbom, hasSbom, statement: provenanceObjectKey(cmd, version) };
  }
  const later = laterProvenanceObjectKey(artifact);
  const own = first && (await readStatement(describer, later, new Map([[platform, artifact]])));
  return { artifact, sbom, hasSbom, statement: own?.has(platform) ? later : undefined };
}

/**
 * The platforms that a stored statement is about; undefined when there is none.
 * @throws DocumentConflictError when it is something else, or about other bytes than the recorded ones
 */
async function readStatement(
  { s3, artifactsBucket }: Describer,
  key: string,
  recorded: ReadonlyMap<string, Artifact>,
): Promise<Set<string> | undefined> {
  const text = await readDocument(s3, artifactsBucket, key);
  if (text === undefined) return undefined;
  const { subject } = parsed(key, () => JSON.parse(text) as Partial<Provenance>);
  if (!Array.isArray(subject)) throw conflict(key, "is not a statement");
  const told = new Map(subject.map(({ name, digest }) => [name, digest?.sha256]));
  const platforms = new Set<string>();
  for (const artifact of recorded.values()) {
    const sha256 = told.get(binaryName(artifact));
    if (sha256 === undefined) continue;
    if (sha256 !== hexOf(artifact.sha256)) throw conflict(key, `is not about the recorded ${artifact.key}`);
    platforms.add(artifact.platform);
  }
  if (platforms.size === 0) throw conflict(key, "is about nothing that is recorded");
  return platforms;
}

function parsed<Result>(key: string, read: () => Result): Result {
  try {
    const result = read();
    if (result !== null) return result;
  } catch {}
  throw conflict(key, "is not one of our documents");
}

function conflict(key: string, problem: string): DocumentConflictError {
  return new DocumentConflictError(
    `what is stored as ${key} ${problem}. Find out who stored it, delete it, and start the release again.`,
  );
}
