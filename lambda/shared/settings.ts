/** Environment names that a construct sets and a handler reads; both sides use these constants. */
export const ENVIRONMENT = {
  table: "HKDIST_TABLE",
  artifactsBucket: "HKDIST_ARTIFACTS_BUCKET",
  sourcesBucket: "HKDIST_SOURCES_BUCKET",
  directoryUrl: "HKDIST_DIRECTORY_URL",
  artifactsUrl: "HKDIST_ARTIFACTS_URL",
  recordFunction: "HKDIST_RECORD_FUNCTION",
  recordQueueUrl: "HKDIST_RECORD_QUEUE_URL",
  patchBases: "HKDIST_PATCH_BASES",
  distributionId: "HKDIST_DISTRIBUTION_ID",
  buildConcurrency: "HKDIST_BUILD_CONCURRENCY",
  alertsTopic: "HKDIST_ALERTS_TOPIC",
  releasesTopic: "HKDIST_RELEASES_TOPIC",
  releaseMachine: "HKDIST_RELEASE_MACHINE",
  largestBinaryBytes: "HKDIST_LARGEST_BINARY_BYTES",
} as const;

export type Setting = keyof typeof ENVIRONMENT;
export type Settings<Names extends Setting> = Record<Names, string>;

/**
 * Reads a function's settings from its environment.
 * @throws Error that lists every setting that is missing or empty.
 */
export function readSettings<Names extends Setting>(
  names: readonly Names[],
  environment: Record<string, string | undefined> = process.env,
): Settings<Names> {
  const missing = names.map((name) => ENVIRONMENT[name]).filter((variable) => !environment[variable]);
  if (missing.length > 0) throw new Error(`missing in the function's environment: ${missing.join(", ")}`);
  return Object.fromEntries(names.map((name) => [name, environment[ENVIRONMENT[name]]])) as Settings<Names>;
}
