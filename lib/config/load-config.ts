import { existsSync } from "node:fs";
import { dirname, isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { Stage } from "../stage.ts";
import { resolveFiles } from "./files.ts";
import { type CommandConfig, type CompleteConfig, configSchema } from "./schema.ts";

const URL_FORMS =
  /^(https:\/\/[^\s/@]+\/\S+|ssh:\/\/([\w.][\w.+-]*@)?\w[\w.-]*(:\d+)?\/\S+|\w[\w.-]*@\w[\w.-]*:[^\s:]+)$/;
/** What the local AWS takes as well: a path, and a server on this machine. */
const LOCAL_FORMS = /^(\/|http:\/\/127\.0\.0\.1:\d+\/\S+$)/;
const URL_WORDS = 'must be a URL such as "https://example.com/greet.git" or "git@example.com:greet.git"';

/** The configuration file is wrong; the message lists every mistake and where it is. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/**
 * Loads and checks a configuration file, a module that exports a Config by default.
 * @throws ConfigError
 */
export async function loadConfig(file: string, stage: Stage): Promise<CompleteConfig> {
  if (!existsSync(file)) throw new ConfigError(`there is no configuration file ${file}`);
  let exported: unknown;
  try {
    exported = ((await import(pathToFileURL(file).href)) as { default?: unknown }).default;
  } catch (error) {
    throw new ConfigError(`${file} cannot be loaded: ${error instanceof Error ? error.message : error}`);
  }
  try {
    return checkConfig(exported, stage, dirname(file));
  } catch (error) {
    if (error instanceof ConfigError) error.message = `${file} has mistakes:\n${error.message}`;
    throw error;
  }
}

/**
 * @param folder what relative paths of files in the configuration start from
 * @throws ConfigError
 */
export function checkConfig(config: unknown, stage: Stage, folder = "."): CompleteConfig {
  const parsed = configSchema.safeParse(config, {
    error: ({ code, input }) => (code === "invalid_type" && input === undefined ? "is missing" : undefined),
  });
  const issues = parsed.success ? [] : parsed.error.issues;
  const problems = issues.map(
    ({ path, message }) => `  ${path.join(".") || "the default export"}: ${message}`,
  );
  // Also when other things are wrong, so that one message has all of it.
  for (const [name, repository] of repositories(config)) {
    if (URL_FORMS.test(repository)) continue;
    if (LOCAL_FORMS.test(repository) && stage.endpointUrl !== undefined) continue;
    problems.push(`  commands.${name}.repository: ${problemOf(repository, stage)}`);
  }
  const commands = Object.entries(parsed.data?.commands ?? {}).map(([name, command]) => {
    const { command: resolved, mistakes } = resolveFiles(command, folder);
    for (const { field, problem } of [...mistakes, ...wrongAccess(command)])
      problems.push(`  commands.${name}.${field}: ${problem}`);
    return [name, resolved] as const;
  });
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems.join("\n"));
  return { ...parsed.data, commands: Object.fromEntries(commands) };
}

/** What the repository's URL and the credentials ask of each other. */
function wrongAccess({ repository, credentials }: CommandConfig): { field: string; problem: string }[] {
  const isSsh = URL_FORMS.test(repository) && !repository.startsWith("https:");
  if (isSsh && credentials?.hostKeys === undefined) {
    const problem =
      "is read by ssh, which needs credentials: the secret that holds its private key, and the host's own keys under hostKeys";
    return [{ field: credentials === undefined ? "repository" : "credentials.hostKeys", problem }];
  }
  if (!isSsh && credentials?.hostKeys !== undefined)
    return [{ field: "credentials.hostKeys", problem: "are for a repository that is read by ssh" }];
  if (isAbsolute(repository) && credentials !== undefined)
    return [{ field: "credentials", problem: "are not needed for a local path" }];
  return [];
}

function problemOf(repository: string, stage: Stage): string {
  if (/^(https?:\/\/[^/]*@|ssh:\/\/[^/]*:[^/]*@)/.test(repository))
    return "has credentials in its URL, which would be readable in the stack";
  const written = JSON.stringify(repository);
  if (isAbsolute(repository)) return `${written} is a local path, which only the local AWS can reach`;
  return `${written} ${URL_WORDS}${stage.endpointUrl === undefined ? "" : ", or an absolute path on this machine"}`;
}

function repositories(config: unknown): [string, string][] {
  const { commands } = (config ?? {}) as { commands?: Record<string, { repository?: unknown } | undefined> };
  return Object.entries(commands ?? {}).flatMap(([name, command]) =>
    typeof command?.repository === "string" && command.repository !== "" ? [[name, command.repository]] : [],
  );
}
