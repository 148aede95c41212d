import { webFile } from "./web-file.ts";

/** The scripts, by what their URL ends in. */
const SCRIPTS = { sh: webFile("install.sh"), ps1: webFile("install.ps1") };

export type InstallerKind = keyof typeof SCRIPTS;

export interface Installed {
  /** A command's name, which begins URLs, files and environment variables. */
  cmd: string;
  /** Those with a current version. */
  platforms: readonly string[];
  directoryUrl: string;
  artifactsUrl: string;
}

/** What may stand between single quotes in both languages and end nothing: names, and URLs as RFC 3986 spells them. */
const HARMLESS = /^[A-Za-z0-9 _.:/?#@!$&()*+,;=%[\]~-]*$/;

/**
 * A command's installer for a shell or for PowerShell, with the deployment's own URLs in it.
 * @throws Error when a value could end the quotes that it stands in
 */
export function installer(
  kind: InstallerKind,
  { cmd, platforms, directoryUrl, artifactsUrl }: Installed,
): string {
  const values: Record<string, string> = {
    CMD: cmd,
    DIRECTORY_URL: directoryUrl,
    ARTIFACTS_URL: artifactsUrl,
    PLATFORMS: platforms.toSorted().join(" "),
    VARIABLE: variableOf(cmd),
  };
  return SCRIPTS[kind].replaceAll(/@([A-Z_]+)@/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined || !HARMLESS.test(value)) throw new Error(`no value for ${name}: ${value}`);
    return value;
  });
}

/** What a command's environment variables begin with: `GREET_CLI` of `greet-cli`, and never a digit. */
function variableOf(cmd: string): string {
  return cmd
    .toUpperCase()
    .replaceAll("-", "_")
    .replace(/^(?=[0-9])/, "_");
}
