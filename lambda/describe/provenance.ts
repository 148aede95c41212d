import type { Artifact } from "../shared/artifacts.ts";
import { artifactObjectKey, binaryName } from "../shared/keys.ts";
import type { Source } from "../shared/sources.ts";
import { hexOf } from "./hex.ts";

/** What docs/provenance.md explains. */
export const BUILD_TYPE = "urn:hkdist:go-build:1";

/** A build, and the platforms that it made. */
export interface Build {
  platforms: string[];
  /** The name of the execution that ran it. */
  execution: string;
  /** The archive that it was made from, in the sources bucket for 90 days. */
  archive: { key: string; sha256: string };
  /** What buildspec/build.sh was given, by name. */
  settings: Record<string, string>;
  /** The script that ran before, where there is one. */
  hook?: string;
  /** What `go build` got. */
  flags: string[];
}

/** A file that something was made from (https://github.com/in-toto/attestation, ResourceDescriptor). */
interface Resource {
  uri?: string;
  name?: string;
  digest?: Record<string, string>;
  annotations?: Record<string, string>;
}

/**
 * How artifacts of one version were made: an in-toto Statement v1 (https://in-toto.io/Statement/v1) with SLSA provenance v1
 * (https://slsa.dev/spec/v1.0/provenance). Hashes are hex.
 */
export interface Provenance {
  _type: "https://in-toto.io/Statement/v1";
  /** Of each artifact the binary, and its gzip where S3 has the hash of that. */
  subject: { name: string; digest: { sha256: string } }[];
  predicateType: "https://slsa.dev/provenance/v1";
  predicate: {
    buildDefinition: {
      buildType: typeof BUILD_TYPE;
      externalParameters: { repository: string; tag: string; builds: Build[] };
      internalParameters: { goVersion: string };
      resolvedDependencies: Resource[];
    };
    runDetails: { builder: { id: string } };
  };
}

export interface ProvenanceFacts {
  artifacts: readonly Artifact[];
  builds: Build[];
  source: Source;
  repository: string;
  /** Where this deployment publishes: who says all this. */
  artifactsUrl: string;
}

/** The statement about these artifacts. Without a clock, so that it is the same every time. */
export function provenanceOf(facts: ProvenanceFacts): Provenance {
  const { artifacts, builds, source, repository, artifactsUrl } = facts;
  const { tag, tagObject, tagDate, commit, commitDate, signer } = source;
  // Whatever the request's order was: the same platforms make the same statement.
  const sortedBuilds = builds
    .map((build) => ({ ...build, platforms: build.platforms.toSorted() }))
    .toSorted((a, b) => (orderOf(a) < orderOf(b) ? -1 : 1));
  const archives = new Map(sortedBuilds.map(({ archive }) => [archive.key, archive.sha256]));
  const sorted = artifacts.toSorted((a, b) => (a.platform < b.platform ? -1 : 1));
  return {
    _type: "https://in-toto.io/Statement/v1",
    subject: sorted.flatMap((artifact) => [
      { name: binaryName(artifact), digest: { sha256: hexOf(artifact.sha256) } },
      ...(artifact.s3Checksum
        ? [{ name: artifactObjectKey(artifact), digest: { sha256: hexOf(artifact.s3Checksum) } }]
        : []),
    ]),
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        buildType: BUILD_TYPE,
        externalParameters: { repository, tag, builds: sortedBuilds },
        internalParameters: { goVersion: source.goVersion },
        resolvedDependencies: [
          {
            uri: `git+${repository}@refs/tags/${tag}`,
            digest: { gitCommit: commit },
            annotations: { tagObject, tagDate, commitDate, signer },
          },
          ...[...archives].map(([key, sha256]) => ({
            // Where it is kept is the deployment's own business.
            name: key,
            digest: { sha256 },
          })),
          { uri: `pkg:golang/toolchain@${source.goVersion}` },
        ],
      },
      runDetails: { builder: { id: artifactsUrl } },
    },
  };
}

function orderOf({ execution, platforms }: Build): string {
  return `${execution} ${platforms[0]}`;
}
