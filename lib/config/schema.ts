import { z } from "zod";
import { isCommand } from "../../lambda/shared/names.ts";
import { DROPPED_PLATFORMS, GO_PLATFORMS } from "./go-platforms.ts";

const goVariable = (what: string) =>
  z
    .string()
    .regex(
      /^[\w./~-]*[\w~-]\.[A-Za-z_]\w*$/,
      `must be the Go variable that holds ${what}, as package path, dot, name: "main.version"`,
    );

const platform = z
  .string()
  .refine((name) => GO_PLATFORMS.has(name) || DROPPED_PLATFORMS.has(name), {
    error: ({ input }) =>
      `${JSON.stringify(input)} is not a platform that Go builds: write os-arch as \`go tool dist list\` names them, such as "linux-amd64"`,
  })
  .refine((name) => !DROPPED_PLATFORMS.has(name), {
    error: ({ input }) => DROPPED_PLATFORMS.get(input as string) ?? "",
  });

const command = z.strictObject({
  /** Where the tagged source is: `https://`, `ssh://` or `git@host:path`. A local path only on the local AWS. */
  repository: z.string().min(1, "must be the repository's URL"),
  /** The branch whose tags are released. */
  branch: z
    .string()
    .regex(/^(?!.*(\.\.|\/\/|\.lock$|[./]$))\w[\w./-]*$/, 'must be a branch name such as "main"'),
  /** What `go build` gets: a folder such as "." or "./cmd/greet", or a package path. */
  mainPackage: z
    .string()
    .regex(/^(?!.*\.\.)[\w.][\w./~-]*$/, 'must be the main package: ".", "./cmd/greet" or a package path'),
  /** The Go string variable that is set to the version, without `v`. */
  versionVariable: goVariable("the version"),
  /** The Go string variables that are set to the deployment's own URLs; leave out what the tool does not have. */
  directoryUrlVariable: goVariable("the directory's URL").optional(),
  artifactsUrlVariable: goVariable("the artifacts URL").optional(),
  /** What a release builds, in Go's words, os-arch. */
  platforms: z
    .array(platform)
    .min(1, "must name at least one platform")
    .refine((list) => new Set(list).size === list.length, {
      error: "must name each platform once",
      when: ({ value }) => Array.isArray(value),
    }),
  /** Exact Go version such as "1.26.8". Without it, the build image's Go, or what go.mod's toolchain line asks for. */
  goVersion: z
    .string()
    .regex(/^1\.\d+(\.\d+|rc\d+|beta\d+)$/, 'must be an exact Go version such as "1.26.8"')
    .optional(),
});

export const configSchema = z.strictObject({
  /** By command name, as clients ask for it: 1 to 64 of A-Z, a-z, 0-9 and -. */
  commands: z
    .record(z.string(), command)
    .refine((commands) => Object.keys(commands).length > 0, "must hold at least one command")
    .refine((commands) => Object.keys(commands).every(isCommand), {
      error: ({ input }) => {
        const wrong = Object.keys(input as object).filter((name) => !isCommand(name));
        return `${wrong.map((name) => JSON.stringify(name)).join(", ")}: not a command name: 1 to 64 of A-Z, a-z, 0-9 and -`;
      },
      when: ({ value }) => typeof value === "object" && value !== null,
    }),
  /**
   * Builds at once per release (1 to 40: an inline Map's limit). One is right for a fresh AWS account, whose quota it
   * is, and the platforms of one build share Go's cache.
   */
  buildConcurrency: z.int().min(1).max(40).default(1),
  /** How many older versions of each platform get a patch to a new one (0 to 16). */
  patchBases: z.int().min(0).max(16).default(8),
  /** Patches made at once (1 to 40: an inline Map's limit). Few, so that the directory's functions keep room. */
  patchConcurrency: z.int().min(1).max(40).default(4),
  /**
   * Memory of the patch function in MB (512 to 10240). bsdiff takes 17 times the base's size and twice the target's;
   * 3008 is the most that a fresh account gives.
   */
  patchMemoryMegabytes: z.int().min(512).max(10_240).default(3008),
  /** A build's time limit in minutes (CodeBuild: 5 to 480). */
  buildTimeoutMinutes: z.int().min(5).max(480).default(60),
  /** Uncompressed bytes; larger binaries are refused, so that no object can keep the recorder busy for ever. */
  largestBinaryBytes: z
    .int()
    .min(1)
    .max(2 ** 31)
    .default(600_000_000),
});

/** What hkdist.config.ts exports. */
export type Config = z.input<typeof configSchema>;

/** The configuration with its defaults filled in. */
export type CompleteConfig = z.output<typeof configSchema>;
export type CommandConfig = CompleteConfig["commands"][string];
