import { z } from "zod";
import { MOST_BASES, MOST_PAIRS } from "../../lambda/shared/limits.ts";
import { isCommand } from "../../lambda/shared/names.ts";
import { C_PLATFORMS, DROPPED_PLATFORMS, GO_PLATFORMS } from "./go-platforms.ts";

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
  })
  .refine((name) => !C_PLATFORMS.has(name), {
    error: ({ input }) =>
      `${JSON.stringify(input)} needs a C compiler to be linked, which releases are built without; leave it out`,
  });

/** Ours follow; what Go would take for the value of one of these would be lost. */
function isLinkerFlags(flags: string): boolean {
  // Go splits at spaces; a word may be quoted as a whole.
  if (!/^(\s*('[^']*'|"[^"]*"|[^\s'"]\S*)(?=\s|$))*\s*$/.test(flags)) return false;
  const words =
    flags.match(/'[^']*'|"[^"]*"|\S+/g)?.map((word) => word.replace(/^(['"])(.*)\1$/, "$2")) ?? [];
  return words.every((word, index) => {
    if (/^--?(o|importcfg|tmpdir|buildid|r|I)(=|$)/.test(word)) return false;
    const set = /^--?X(?:=(.*))?$/.exec(word);
    return set === null || /^[^-=][^=]*=/.test(set[1] ?? words[index + 1] ?? "");
  });
}

const file = z.string().min(1, "must be a file's path, absolute or relative to the configuration file");

/** Whose signatures of tags count: public keys. Without it tags are not verified. */
const signers = z
  .strictObject(
    {
      /** A file with GPG public keys as text. A key that has expired or was revoked no longer counts. */
      gpg: file.optional(),
      /** A file of allowed signers as ssh-keygen reads it (`man ssh-keygen`, ALLOWED SIGNERS); one line for each key. */
      ssh: file.optional(),
      /** SSH keys that count no longer: public keys, or a key revocation list of ssh-keygen. */
      sshRevoked: file.optional(),
    },
    {
      error: ({ code, input }) =>
        code === "invalid_type" && input !== undefined
          ? 'must name files of public keys: { gpg: "release-keys.asc" } or { ssh: "allowed_signers" }'
          : undefined,
    },
  )
  .refine(({ gpg, ssh }) => gpg !== undefined || ssh !== undefined, "must name a file under gpg or ssh");

/** How a private repository is read. The secret itself is in AWS Secrets Manager, in the deployment's account and region. */
const credentials = z.strictObject({
  /** Name or ARN of a secret that holds nothing but the token (https), or the private key without passphrase (ssh). */
  secret: z
    .string()
    .regex(
      /^(arn:[\w-]+:secretsmanager:[\w-]+:\d{12}:secret:[\w/+=.@-]+|[\w/+=.@-]{1,512})$/,
      'must be the name or the ARN of a secret in Secrets Manager, such as "hkdist/greet"',
    ),
  /** Who the token belongs to. Most hosts do not mind; some tokens of GitLab and Bitbucket have a name of their own. */
  username: z
    .string()
    .regex(/^[\w.@+-]+$/, "must be a user name")
    .default("git"),
  /** For ssh: the host's public keys, such as "ssh-ed25519 AAAA...". Any other one is refused. */
  hostKeys: z
    .array(
      z
        .string()
        .regex(
          /^(ssh-|ecdsa-)[\w@.-]+ [A-Za-z0-9+/]+=*$/,
          "must be a host's key without the host's name, such as \"ssh-ed25519 AAAA...\"",
        ),
    )
    .min(1, "must hold at least one key")
    .optional(),
});

const commandFields = z.strictObject({
  /** Where the tagged source is: `https://`, `ssh://` or `git@host:path`. A local path only on the local AWS. */
  repository: z.string().min(1, "must be the repository's URL"),
  /** The branch whose tags are released. */
  branch: z
    .string()
    .regex(/^(?!.*(\.\.|\/\/|\.lock$|[./]$))\w[\w./-]*$/, 'must be a branch name such as "main"'),
  signers: signers.optional(),
  credentials: credentials.optional(),
  /**
   * Modules on the repository's host that are private like it, as Go's GOPRIVATE names them: "example.com/team/*". They are
   * fetched with the repository's credentials, and neither the module proxy nor the checksum database hears of them.
   */
  privateModules: z
    .array(
      z
        .string()
        .regex(
          /^[\w.~*?[\]-]+(\/[\w.~*?[\]-]+)*$/,
          'must be a pattern of module paths such as "example.com/team/*"',
        ),
    )
    .min(1, "must name at least one pattern")
    .optional(),
  /** Of a project from before modules: where its tree belongs in a GOPATH, such as "github.com/heroku/hk". */
  importPath: z
    .string()
    .regex(
      /^(?!.*\.\.)[A-Za-z0-9][\w.~-]*(\/[\w.~-]+)*$/,
      'must be an import path such as "github.com/heroku/hk"',
    )
    .optional(),
  /** What `go build` gets: a folder such as "." or "./cmd/greet", or a package path. */
  mainPackage: z
    .string()
    .regex(/^(?!.*\.\.)[\w.][\w./~-]*$/, 'must be the main package: ".", "./cmd/greet" or a package path'),
  /** The Go string variable that is set to the version, without `v`. Only a command with a hook can do without. */
  versionVariable: goVariable("the version").optional(),
  /** The Go string variables that are set to the tag's commit, and to its date as 2026-01-31T12:00:00Z. */
  commitVariable: goVariable("the commit").optional(),
  dateVariable: goVariable("the tag's date").optional(),
  /** The Go string variables that are set to the deployment's own URLs; leave out what the tool does not have. */
  directoryUrlVariable: goVariable("the directory's URL").optional(),
  artifactsUrlVariable: goVariable("the artifacts URL").optional(),
  /** Build tags. */
  buildTags: z.array(z.string().regex(/^[\w.]+$/, 'must be a build tag such as "release"')).optional(),
  /** Flags for Go's linker beside those that make builds reproducible: "-X 'main.channel=stable'". */
  ldflags: z
    .string()
    .regex(/^[ -~]+$/, "must be flags on one line of printable ASCII")
    .refine(
      (flags) => !/-(linkmode|extld)/.test(flags),
      "cannot use another linker: releases are built without cgo",
    )
    .refine(
      isLinkerFlags,
      "must have its quotes closed, a value after each -X, and nothing that only the build decides: -o, -importcfg, -tmpdir, -buildid, -r, -I",
    )
    .optional(),
  /**
   * A bash script that runs in the tree before it is built, for code that must be generated. It is part of the deployment,
   * not of the repository; what it is told is in docs/source.md.
   */
  hook: file.optional(),
  /** What a release builds, in Go's words, os-arch. */
  platforms: z
    .array(platform)
    .min(1, "must name at least one platform")
    .refine((list) => new Set(list).size === list.length, {
      error: "must name each platform once",
      when: ({ value }) => Array.isArray(value),
    }),
  /** Exact Go version such as "1.26.8", from 1.18 on. Without it, the build image's Go, or what go.mod's toolchain line asks for. */
  goVersion: z
    .string()
    .regex(/^1\.\d+(\.\d+|rc\d+|beta\d+)$/, 'must be an exact Go version such as "1.26.8"')
    .refine(
      (version) => !/^1\.(\d|1[0-7])\D/.test(version),
      "must be 1.18 or newer: builds pass -buildvcs, which older ones do not know",
    )
    .optional(),
});

const command = commandFields.refine(
  ({ versionVariable, hook }) => versionVariable !== undefined || hook !== undefined,
  {
    path: ["versionVariable"],
    error: "is missing: a tool must know its version (or have a hook that writes it into the code)",
    when: ({ value }) => typeof value === "object" && value !== null,
  },
);

const domainName = z
  .string()
  .regex(
    /^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{0,61}[a-z0-9]$/,
    'must be a domain name in small letters, such as "get.example.com" (names of other scripts as xn--...)',
  );

const domain = z.strictObject({
  /** What clients are built with from then on: "get.example.com". Its DNS entry leads to the output `DistributionDomain`. */
  name: domainName,
  /** What clients in the field were built with before: kept working beside it. */
  formerNames: z.array(domainName).optional(),
  /** ARN of the certificate for all of these names, in ACM. */
  certificate: z
    .string()
    .regex(
      /^arn:aws(-cn|-us-gov)?:acm:us-east-1:\d{12}:certificate\/[0-9a-f-]{8,}$/,
      "must be the ARN of a certificate in ACM in us-east-1, the only region from which CloudFront takes them",
    ),
});

/** A workflow that may start releases: of one repository, for one branch or for its tags. */
const githubWorkflow = z
  .strictObject({
    /** "owner/name"; where GitHub puts numbers into its tokens' subjects, with them: "owner@123456/name@456789". */
    repository: z
      .string()
      .regex(
        /^(?!.*(\.git|\/\.+)(@|$))([\w-]+\/[\w.-]+|[\w-]+@\d+\/[\w.-]+@\d+)$/,
        'must be a repository on GitHub such as "owner/name" or "owner@123456/name@456789", without wildcards and .git',
      ),
    branch: z
      .string()
      .regex(/^(?!refs\/)\w[\w./-]*$/, 'must be a branch such as "main", without refs/ and wildcards')
      .optional(),
    /** A tag, or tags with `*` for anything: "v*". */
    tag: z
      .string()
      .regex(
        /^(?!refs\/)\w[\w./*-]*$/,
        'must be a tag, or a pattern that says how tags begin, such as "v*", without refs/',
      )
      .optional(),
  })
  .refine(({ branch, tag }) => (branch === undefined) !== (tag === undefined), {
    error: "must name either a branch or a tag",
    when: ({ value }) => typeof value === "object" && value !== null,
  });

const emails = z.strictObject({
  /** Gets all alarms, what the audit finds, and releases that failed. */
  alerts: z.email("must be an e-mail address").optional(),
  /** Gets a word about each finished release and promotion. */
  releases: z.email("must be an e-mail address").optional(),
});

/** By default: what the memory of one processor is enough for (functionFor in lambda/patch/limits.ts). */
export const LARGEST_BINARY_BYTES = 178_000_000;

const fields = z.strictObject({
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
  /** How many older versions of each platform get a patch to a new one (0 to 50; times a command's platforms at most 1,000). */
  patchBases: z.int().min(0).max(MOST_BASES).default(8),
  /** Patches made at once (1 to 40: an inline Map's limit). Few, so that the directory's functions keep room. */
  patchConcurrency: z.int().min(1).max(40).default(4),
  /**
   * When a release becomes current: once its patches are made, so that every client gets the small download, or as soon as it is
   * built, so that what is urgent is there sooner and the first clients download in full (docs/performance.md has the times).
   */
  publishWhen: z.enum(["built", "patched"], 'must be "built" or "patched"').default("patched"),
  /** A domain of one's own, with CloudFront before directory and artifacts (docs/domain.md). Clients in the field keep the URLs that they were built with. */
  domain: domain.optional(),
  /** Workflows on GitHub that may start releases, without a key (docs/releasing-from-ci.md). */
  githubActions: z.array(githubWorkflow).min(1, "must name at least one workflow").optional(),
  /** Who is told by e-mail, after confirming a first one. Others may subscribe to the two topics among the stack's outputs. */
  emails: emails.optional(),
  /** Requests a second that the directory takes before it answers 429 (1 to 5000); twice as many for a moment. */
  requestsPerSecond: z.int().min(1).max(5000).default(100),
  /** A build's time limit in minutes (CodeBuild: 5 to 480). */
  buildTimeoutMinutes: z.int().min(5).max(480).default(60),
  /**
   * Bytes of the largest binary, uncompressed (1 to 2^31); larger ones are refused, so that no object keeps the recorder busy
   * for ever. The patch function is sized by it (docs/patch-limits.md): up to 178 million bytes it has one processor's memory, then more.
   * Above some 255 million there are no patches: there is no time for them.
   */
  largestBinaryBytes: z
    .int()
    .min(1)
    .max(2 ** 31)
    .default(LARGEST_BINARY_BYTES),
});

export const configSchema = fields.superRefine(({ commands, patchBases }, context) => {
  for (const [name, { platforms }] of Object.entries(commands)) {
    const pairs = platforms.length * patchBases;
    if (pairs <= MOST_PAIRS) continue;
    const message = `times the ${platforms.length} platforms of ${name} are ${pairs} patches, and a release makes at most ${MOST_PAIRS}`;
    context.addIssue({ code: "custom", path: ["patchBases"], message });
  }
});

/** What hkdist.config.ts exports. */
export type Config = z.input<typeof configSchema>;

/** The configuration with its defaults filled in. */
export type CompleteConfig = z.output<typeof configSchema>;
export type CommandConfig = CompleteConfig["commands"][string];
