import { z } from "zod";
import { BUILD_TYPE, type Build } from "../lambda/describe/provenance.ts";
import { UserError } from "../tools/user-error.ts";
import { statedSettings } from "./settings.ts";

const hex = (digits: number) => z.string().regex(new RegExp(`^[0-9a-f]{${digits}}$`));
const gitObject = z.union([hex(40), hex(64)]);
const time = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);

const build = z.object({
  platforms: z.array(z.string()).min(1),
  execution: z.string(),
  // Becomes a file's path.
  archive: z.object({
    key: z.string().regex(/^sources\/[A-Za-z0-9-]+\/\d[\d.]*\/\w+\.tar\.gz$/),
    sha256: hex(64),
  }),
  // These become the environment of the builds' scripts: nothing else may.
  settings: statedSettings,
  hook: z.string().optional(),
  flags: z.array(z.string()),
});

/** Of lambda/describe/provenance.ts, what a rebuild needs. */
const statement = z.object({
  subject: z.array(z.object({ name: z.string(), digest: z.object({ sha256: hex(64) }) })).min(1),
  predicateType: z.literal("https://slsa.dev/provenance/v1"),
  predicate: z.object({
    buildDefinition: z.object({
      buildType: z.literal(BUILD_TYPE),
      externalParameters: z.object({
        repository: z.string().min(1),
        tag: z.string().regex(/^v[0-9.]+$/),
        builds: z.array(build).min(1),
      }),
      internalParameters: z.object({ goVersion: z.string().regex(/^1\.\d+(\.\d+|rc\d+|beta\d+)?$/) }),
      resolvedDependencies: z.array(
        z.object({
          uri: z.string().optional(),
          digest: z.record(z.string(), z.string()).optional(),
          annotations: z.record(z.string(), z.string()).optional(),
        }),
      ),
    }),
  }),
});

/** What a statement says of how platforms were built. */
export interface Statement {
  /** Hex SHA-256 by subject. */
  subjects: Map<string, string>;
  repository: string;
  tag: string;
  tagObject: string;
  /** RFC 3339. */
  tagDate: string;
  commit: string;
  goVersion: string;
  builds: Build[];
}

/**
 * Reads a stored statement, as lambda/describe writes it.
 * @param from where it was, for the error
 * @throws UserError that tells what is wrong with it
 */
export function readStatement(text: string, from: string): Statement {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${from} is not JSON.`);
  }
  const parsed = statement.safeParse(json);
  if (!parsed.success) {
    const [{ path, message } = { path: [], message: "" }] = parsed.error.issues;
    throw new UserError(`${from} is not a statement that this version reads: ${path.join(".")}: ${message}`);
  }
  const { subject, predicate } = parsed.data;
  const { externalParameters, internalParameters, resolvedDependencies } = predicate.buildDefinition;
  const tagged = resolvedDependencies.find(({ digest }) => digest?.["gitCommit"] !== undefined);
  const { tagObject, tagDate } = tagged?.annotations ?? {};
  const tagFacts = z
    .object({ commit: gitObject, tagObject: gitObject, tagDate: time })
    .safeParse({ commit: tagged?.digest?.["gitCommit"], tagObject, tagDate });
  if (!tagFacts.success) {
    const wrong = tagFacts.error.issues.map(({ path }) => path.join("."));
    throw new UserError(`${from} names no commit and tag that can be: ${wrong.join(", ")}.`);
  }
  return {
    ...externalParameters,
    ...internalParameters,
    subjects: new Map(subject.map(({ name, digest }) => [name, digest.sha256])),
    ...tagFacts.data,
  };
}
