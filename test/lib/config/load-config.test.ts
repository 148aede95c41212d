import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ConfigError, checkConfig, loadConfig } from "../../../lib/config/load-config.ts";
import { LARGEST_BINARY_BYTES } from "../../../lib/config/schema.ts";
import type { Stage } from "../../../lib/stage.ts";

const AWS: Stage = { endpointUrl: undefined };
const LOCAL: Stage = { endpointUrl: "http://127.0.0.1:4566" };
const FIXTURES = fileURLToPath(new URL("../../fixtures/signers/", import.meta.url));
const fixture = (name: string) => join(FIXTURES, name);
const HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBRKmCis+w1uvQp0vOz4f+Mwa9s6RELeJxr7kL2+iWeA";

const GREET = {
  repository: "https://example.com/greet.git",
  branch: "main",
  mainPackage: ".",
  versionVariable: "main.version",
  platforms: ["linux-amd64", "darwin-arm64"],
};
const DOMAIN = {
  name: "get.example.com",
  certificate: "arn:aws:acm:us-east-1:123456789012:certificate/12345678-aaaa",
};
const DEFAULTS = {
  buildConcurrency: 1,
  patchBases: 8,
  patchConcurrency: 4,
  publishWhen: "patched",
  buildTimeoutMinutes: 60,
  largestBinaryBytes: LARGEST_BINARY_BYTES,
  requestsPerSecond: 100,
};

const temporary = mkdtempSync(join(tmpdir(), "hkdist-config-"));
afterAll(() => rmSync(temporary, { recursive: true }));
const PRIVATE_KEY = join(temporary, "key");
writeFileSync(PRIVATE_KEY, "-----BEGIN OPENSSH PRIVATE KEY-----\n");

/** Writes a file of the configuration; answers its path. */
function configured(name: string, content: string): string {
  const path = join(temporary, name);
  writeFileSync(path, content);
  return path;
}
const KEY_BLOCK = readFileSync(fixture("release.asc"), "utf8");
/** As gpg writes it, after words on what it is for. */
const REVOCATION = `-----BEGIN PGP PUBLIC KEY BLOCK-----
Comment: This is a revocation certificate

iHgEIBYIACAWIQSbr25RTsMzRtFpokOHUeujvynbnQUCawNVTAIdAAAKCRCHUeuj
=bkZT
-----END PGP PUBLIC KEY BLOCK-----
`;

/** A configuration of greet with these fields. */
const greet = (fields: Record<string, unknown>) => ({ commands: { greet: { ...GREET, ...fields } } });

/** The lines of the error that a configuration is refused with; none when it is accepted. */
function mistakes(config: unknown, stage = AWS): string[] {
  try {
    checkConfig(config, stage, FIXTURES);
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split("\n").map((line) => line.trim());
    throw error;
  }
  return [];
}

describe("a right configuration", () => {
  it("gets its defaults", () => {
    expect(checkConfig(greet({}), AWS)).toEqual({ commands: { greet: GREET }, ...DEFAULTS });
  });

  it("keeps everything that it says", () => {
    const config = {
      commands: {
        greet: {
          ...GREET,
          mainPackage: "./cmd/greet",
          versionVariable: "example.com/greet/internal/release.Version",
          directoryUrlVariable: "main.directoryURL",
          artifactsUrlVariable: "main.artifactsURL",
          goVersion: "1.26.8",
          signers: { ssh: fixture("allowed_signers") },
          credentials: { secret: "hkdist/greet", username: "robot" },
          privateModules: ["example.com/team/*"],
          importPath: "example.com/greet",
          commitVariable: "main.commit",
          dateVariable: "main.date",
          buildTags: ["release"],
          ldflags: "-X 'main.channel=stable'",
          hook: fixture("hook.sh"),
        },
        "greet-canary": { ...GREET, branch: "canary" },
      },
      buildConcurrency: 40,
      patchBases: 50,
      patchConcurrency: 40,
      publishWhen: "built",
      buildTimeoutMinutes: 480,
      largestBinaryBytes: 1,
      requestsPerSecond: 5000,
      domain: DOMAIN,
      githubActions: [
        { repository: "example/greet", tag: "v*" },
        { repository: "example@1/greet@2", branch: "main" },
      ],
      emails: { alerts: "ops@example.com", releases: "team@example.com" },
    };
    expect(checkConfig(config, AWS)).toEqual(config);
  });

  it.each([
    ["repository", "https://example.com/greet"],
    ["repository", "https://example.com:8443/a/b/greet.git"],
    ["branch", "release/2026.x"],
    ["branch", "_x"],
    ["branch", "a.b/c.d"],
    ["branch", "x.locked"],
    ["mainPackage", "./cmd/greet"],
    ["mainPackage", "example.com/greet/cmd/greet"],
    ["mainPackage", "cmd/greet-2"],
    ["importPath", "github.com/heroku/hk"],
    ["buildTags", ["go1.26", "release_x"]],
    ["privateModules", ["*.example.com", "github.com/team", "example.com/a/b-*"]],
    ["signers", { ssh: "allowed_signers" }],
    ["credentials", { secret: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:hkdist/greet-AbCdEf" }],
    ["ldflags", "-X main.a=b -X 'main.c=two words' \"-X=main.d=e'f\" -s=false -X main.e="],
    ["versionVariable", "main.Version"],
    ["versionVariable", "github.com/a/b.c/v2/internal/relver.version_1"],
    ["goVersion", "1.26.0"],
    ["goVersion", "1.26rc1"],
    ["platforms", ["windows-arm64"]],
    ["platforms", ["freebsd-386", "js-wasm", "linux-loong64"]],
  ])("may have the %s %j", (field, value) => expect(mistakes(greet({ [field]: value }))).toEqual([]));

  it.each([
    "ssh://git@example.com:2222/greet.git",
    "ssh://example.com/greet.git",
    "git@example.com:organisation/greet.git",
  ])("may have the repository %s, with a key and the host's own", (repository) => {
    const credentials = { secret: "hkdist/greet", hostKeys: [HOST_KEY] };
    expect(mistakes(greet({ repository, credentials }))).toEqual([]);
  });

  it("may have no version variable when a hook writes the version", () => {
    expect(mistakes(greet({ versionVariable: undefined, hook: "hook.sh" }))).toEqual([]);
  });
});

describe("a mistake is told with its place", () => {
  const URL_NEEDED = 'must be a URL such as "https://example.com/greet.git" or "git@example.com:greet.git"';
  const VARIABLE = 'as package path, dot, name: "main.version"';

  it.each<[string, unknown, string, string]>([
    ["repository", undefined, "commands.greet.repository:", "is missing"],
    ["repository", "", "commands.greet.repository:", "must be the repository's URL"],
    ["repository", 5, "commands.greet.repository:", "string"],
    ["repository", "greet", 'commands.greet.repository: "greet"', URL_NEEDED],
    ["repository", "./greet", 'commands.greet.repository: "./greet"', URL_NEEDED],
    ["repository", "http://example.com/greet.git", "commands.greet.repository:", URL_NEEDED],
    [
      "repository",
      "https://user:secret@example.com/greet.git",
      "commands.greet.repository:",
      "has credentials",
    ],
    ["repository", "https://example.com", "commands.greet.repository:", URL_NEEDED],
    ["repository", "https://example.com/my greet.git", "commands.greet.repository:", URL_NEEDED],
    ["repository", "file:///srv/greet.git", "commands.greet.repository:", URL_NEEDED],
    ["repository", "--upload-pack=x", "commands.greet.repository:", URL_NEEDED],
    [
      "repository",
      "ssh://robot:secret@example.com/greet.git",
      "commands.greet.repository:",
      "has credentials",
    ],
    ["repository", "ssh://git@example.com", "commands.greet.repository:", URL_NEEDED],
    ["repository", "ssh://-oProxyCommand=x/greet.git", "commands.greet.repository:", URL_NEEDED],
    ["repository", "git@-oProxyCommand:greet.git", "commands.greet.repository:", URL_NEEDED],
    ["branch", undefined, "commands.greet.branch:", "is missing"],
    ["branch", "", "commands.greet.branch:", "must be a branch name"],
    ["branch", "-x", "commands.greet.branch:", "must be a branch name"],
    ["branch", "a b", "commands.greet.branch:", "must be a branch name"],
    ["branch", "a..b", "commands.greet.branch:", "must be a branch name"],
    ["branch", "x.lock", "commands.greet.branch:", "must be a branch name"],
    ["branch", "a//b", "commands.greet.branch:", "must be a branch name"],
    ["branch", "a/", "commands.greet.branch:", "must be a branch name"],
    ["branch", "a.", "commands.greet.branch:", "must be a branch name"],
    ["mainPackage", undefined, "commands.greet.mainPackage:", "is missing"],
    ["mainPackage", "", "commands.greet.mainPackage:", "must be the main package"],
    ["mainPackage", "-o", "commands.greet.mainPackage:", "must be the main package"],
    ["mainPackage", "/srv/greet", "commands.greet.mainPackage:", "must be the main package"],
    [
      "versionVariable",
      undefined,
      "commands.greet.versionVariable:",
      "is missing: a tool must know its version",
    ],
    ["repository", "git@example.com:greet.git", "commands.greet.repository:", "needs credentials"],
    ["repository", "http://127.0.0.1:8080/greet.git", "commands.greet.repository:", URL_NEEDED],
    ["commitVariable", "commit", "commands.greet.commitVariable:", VARIABLE],
    ["dateVariable", "main.", "commands.greet.dateVariable:", VARIABLE],
    ["importPath", "../hk", "commands.greet.importPath:", "must be an import path"],
    ["importPath", "/srv/hk", "commands.greet.importPath:", "must be an import path"],
    ["importPath", "a//b", "commands.greet.importPath:", "must be an import path"],
    ["buildTags", ["a,b"], "commands.greet.buildTags.0:", "must be a build tag"],
    ["buildTags", "release", "commands.greet.buildTags:", "array"],
    ["ldflags", "-X main.a=b\n", "commands.greet.ldflags:", "one line"],
    ["ldflags", "-linkmode=external", "commands.greet.ldflags:", "without cgo"],
    ...[
      "-X 'main.channel=stable",
      "-X",
      "-s -X -w",
      "-X main.channel",
      "-X=main.channel",
      "-o /tmp/x",
      "'-o' x",
      "--importcfg=x",
      "-tmpdir x",
      "-buildid=x",
      "-r /x",
      "-I x",
    ].map((flags): [string, unknown, string, string] => [
      "ldflags",
      flags,
      "commands.greet.ldflags:",
      "must have its quotes closed",
    ]),
    ["privateModules", ["example.com/a,b"], "commands.greet.privateModules.0:", "must be a pattern"],
    ["privateModules", [], "commands.greet.privateModules:", "at least one"],
    ["hook", "gone.sh", "commands.greet.hook:", "there is no file"],
    ["hook", ".", "commands.greet.hook:", "there is no file"],
    ["signers", {}, "commands.greet.signers:", "must name a file under gpg or ssh"],
    ["signers", { sshRevoked: "x" }, "commands.greet.signers:", "must name a file under gpg or ssh"],
    ["signers", "release.asc", "commands.greet.signers:", 'must name files of public keys: { gpg: "release'],
    ["signers", null, "commands.greet.signers:", "must name files of public keys"],
    ["signers", { gpg: "gone.asc" }, "commands.greet.signers.gpg:", "there is no file"],
    ["signers", { gpg: "hook.sh" }, "commands.greet.signers.gpg:", "must hold GPG public keys"],
    ["signers", { ssh: "hook.sh" }, "commands.greet.signers.ssh:", "must hold allowed signers"],
    ["signers", { ssh: PRIVATE_KEY }, "commands.greet.signers.ssh:", "holds a private key"],
    ["credentials", {}, "commands.greet.credentials.secret:", "is missing"],
    ["credentials", { secret: "a b" }, "commands.greet.credentials.secret:", "must be the name or the ARN"],
    [
      "credentials",
      { secret: "arn:aws:s3:::x" },
      "commands.greet.credentials.secret:",
      "must be the name or",
    ],
    ["credentials", { secret: "a", token: "b" }, "commands.greet.credentials:", '"token"'],
    ["credentials", { secret: "a", username: "a b" }, "commands.greet.credentials.username:", "user name"],
    [
      "credentials",
      { secret: "a", hostKeys: ["example.com ssh-ed25519 AAAA"] },
      "commands.greet.credentials.hostKeys.0:",
      "host's key without the host's name",
    ],
    ["credentials", { secret: "a", hostKeys: [HOST_KEY] }, "commands.greet.credentials.hostKeys:", "by ssh"],
    ["versionVariable", "version", "commands.greet.versionVariable:", VARIABLE],
    ["versionVariable", "main.2", "commands.greet.versionVariable:", VARIABLE],
    ["versionVariable", "main.version=1' -X 'main.x", "commands.greet.versionVariable:", VARIABLE],
    ["directoryUrlVariable", "", "commands.greet.directoryUrlVariable:", VARIABLE],
    ["artifactsUrlVariable", "url", "commands.greet.artifactsUrlVariable:", VARIABLE],
    ["goVersion", "1.26", "commands.greet.goVersion:", 'must be an exact Go version such as "1.26.8"'],
    ["goVersion", "go1.26.8", "commands.greet.goVersion:", "must be an exact Go version"],
    ["goVersion", "latest", "commands.greet.goVersion:", "must be an exact Go version"],
    ["goVersion", "1.17.13", "commands.greet.goVersion:", "must be 1.18 or newer"],
    ["goVersion", 1.26, "commands.greet.goVersion:", "string"],
    ["platforms", undefined, "commands.greet.platforms:", "is missing"],
    ["platforms", "linux-amd64", "commands.greet.platforms:", "array"],
    ["platforms", [], "commands.greet.platforms:", "must name at least one platform"],
    ["platforms", ["linux-arm", "linux-arm"], "commands.greet.platforms:", "must name each platform once"],
    ["platforms", ["linux-arm", 5], "commands.greet.platforms.1:", "string"],
    ["platforms", ["linux"], 'commands.greet.platforms.0: "linux"', "is not a platform that Go builds"],
    ["platforms", ["linux/amd64"], "commands.greet.platforms.0:", "go tool dist list"],
    ["platforms", ["Linux-amd64"], "commands.greet.platforms.0:", "is not a platform that Go builds"],
    ["platforms", ["macos-arm64"], "commands.greet.platforms.0:", "is not a platform that Go builds"],
    ["platforms", ["constructor"], "commands.greet.platforms.0:", "is not a platform that Go builds"],
    [
      "platforms",
      ["linux-arm", "darwin-386"],
      "commands.greet.platforms.1:",
      "Go dropped darwin-386 in 1.15; remove it, all Macs since 2007 run darwin-amd64",
    ],
    ["platforms", ["darwin-arm"], "commands.greet.platforms.0:", "Apple silicon is darwin-arm64"],
    ["platforms", ["ios-arm64"], "commands.greet.platforms.0:", "needs a C compiler"],
    ["platforms", ["windows-arm"], "commands.greet.platforms.0:", "use windows-arm64"],
    ["tag", "v20260131", "commands.greet:", '"tag"'],
  ])("%s %j", (field, value, place, words) => {
    const lines = mistakes(greet({ [field]: value }));
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, place.length)).toBe(place);
    expect(lines[0]).toContain(words);
  });

  it.each<[string, unknown, string]>([
    ["nothing", undefined, "the default export: "],
    ["null", null, "the default export: "],
    ["a text", "greet", "the default export: "],
    ["a list", [], "the default export: "],
    ["no commands", {}, "commands: "],
    ["commands as a list", { commands: [] }, "commands: "],
    ["no command", { commands: {} }, "commands: must hold at least one command"],
    ["a command of null", { commands: { greet: null } }, "commands.greet: "],
    ["a field too many", { ...greet({}), region: "x" }, 'the default export: Unrecognized key: "region"'],
    ["no builds at once", { ...greet({}), buildConcurrency: 0 }, "buildConcurrency: "],
    ["too many builds at once", { ...greet({}), buildConcurrency: 41 }, "buildConcurrency: "],
    ["half a build", { ...greet({}), buildConcurrency: 1.5 }, "buildConcurrency: "],
    ["too short builds", { ...greet({}), buildTimeoutMinutes: 4 }, "buildTimeoutMinutes: "],
    ["too long builds", { ...greet({}), buildTimeoutMinutes: 481 }, "buildTimeoutMinutes: "],
    ["a limit of nothing", { ...greet({}), largestBinaryBytes: 0 }, "largestBinaryBytes: "],
    [
      "a limit that Lambda's readers do not reach",
      { ...greet({}), largestBinaryBytes: 2 ** 31 + 1 },
      "largestBinaryBytes: ",
    ],
    ["no requests at all", { ...greet({}), requestsPerSecond: 0 }, "requestsPerSecond: "],
    [
      "a name as e-mail",
      { ...greet({}), emails: { alerts: "ops" } },
      "emails.alerts: must be an e-mail address",
    ],
    [
      "a URL as domain",
      { ...greet({}), domain: { ...DOMAIN, name: "https://get.example.com/" } },
      "domain.name: must be a domain name",
    ],
    [
      "a certificate of another region",
      {
        ...greet({}),
        domain: { ...DOMAIN, certificate: DOMAIN.certificate.replace("us-east-1", "eu-west-1") },
      },
      "domain.certificate: must be the ARN of a certificate in ACM in us-east-1",
    ],
    [
      "any repository of an owner",
      { ...greet({}), githubActions: [{ repository: "example/*", tag: "v*" }] },
      "githubActions.0.repository: must be a repository on GitHub",
    ],
    [
      "any branch",
      { ...greet({}), githubActions: [{ repository: "example/greet", branch: "*" }] },
      "githubActions.0.branch: must be a branch",
    ],
    [
      "any tag",
      { ...greet({}), githubActions: [{ repository: "example/greet", tag: "*" }] },
      "githubActions.0.tag: must be a tag",
    ],
    [
      "a workflow for neither branch nor tag",
      { ...greet({}), githubActions: [{ repository: "example/greet" }] },
      "githubActions.0: must name either a branch or a tag",
    ],
    [
      "a workflow for both",
      { ...greet({}), githubActions: [{ repository: "example/greet", branch: "main", tag: "v*" }] },
      "githubActions.0: must name either a branch or a tag",
    ],
    ["a list of e-mails", { ...greet({}), emails: ["ops@example.com"] }, "emails: "],
    ["a limit as text", { ...greet({}), largestBinaryBytes: "600 MB" }, "largestBinaryBytes: "],
    ["too few bases", { ...greet({}), patchBases: -1 }, "patchBases: "],
    ["too many bases", { ...greet({}), patchBases: 51 }, "patchBases: "],
    ["half a base", { ...greet({}), patchBases: 0.5 }, "patchBases: "],
    ["no patches at once", { ...greet({}), patchConcurrency: 0 }, "patchConcurrency: "],
    [
      "a publication at some other time",
      { ...greet({}), publishWhen: "never" },
      'publishWhen: must be "built" or "patched"',
    ],
    ["too many patches at once", { ...greet({}), patchConcurrency: 41 }, "patchConcurrency: "],
    ...["", "gr eet", "greet_canary", "greet/x", "größe", "x".repeat(65)].map(
      (name): [string, unknown, string] => [
        `the command name ${JSON.stringify(name)}`,
        { commands: { [name]: GREET } },
        `commands: ${JSON.stringify(name)}: not a command name: 1 to 64 of A-Z, a-z, 0-9 and -`,
      ],
    ),
    [
      "several wrong command names, in one line",
      { commands: { "gr eet": GREET, greet: GREET, a_b: GREET } },
      'commands: "gr eet", "a_b": not a command name: 1 to 64 of A-Z, a-z, 0-9 and -',
    ],
  ])("%s", (_, config, line) => {
    const lines = mistakes(config);
    expect(lines).toHaveLength(1);
    expect(lines[0]?.slice(0, line.length)).toBe(line);
  });

  it.each([
    ["patchBases", 0],
    ["patchConcurrency", 1],
  ])("but %s may be as small as %i", (field, value) => {
    expect(mistakes({ ...greet({}), [field]: value })).toEqual([]);
  });
});

describe("files of signers", () => {
  it.each<[string, string, "gpg" | "sshRevoked"]>([
    ["a key and a revocation", KEY_BLOCK + REVOCATION, "gpg"],
    ["a revocation and a key", `Words\n${REVOCATION}\n${KEY_BLOCK}`, "gpg"],
    ["lines of DOS", KEY_BLOCK.replaceAll("\n", "\r\n"), "gpg"],
    ["keys and words", `# Gone\n\n${HOST_KEY} alice\n`, "sshRevoked"],
    ["a list of ssh-keygen", "SSHKRL\n\0\0\0\0\x01", "sshRevoked"],
  ])("may hold %s", (name, content, kind) => {
    const signers = { ssh: "allowed_signers", [kind]: configured(`right ${name}`, content) };
    expect(mistakes(greet({ signers }))).toEqual([]);
  });

  it.each<[string, string, "gpg" | "sshRevoked"]>([
    ["a revocation with its colon", `${KEY_BLOCK}:${REVOCATION}`, "gpg"],
    ["a revocation glued to the key", KEY_BLOCK.trim() + REVOCATION, "gpg"],
    ["half a revocation", KEY_BLOCK + REVOCATION.slice(0, 150), "gpg"],
    ["only a revocation", REVOCATION, "gpg"],
    ["a message", `${KEY_BLOCK}${KEY_BLOCK.replaceAll("PUBLIC KEY BLOCK", "MESSAGE")}`, "gpg"],
    ["only words", "# nobody\n", "sshRevoked"],
    ["a name before the key", `alice@example.com ${HOST_KEY}\n`, "sshRevoked"],
    [
      "a fingerprint",
      "256 SHA256:SoiAubZnePsc+WgdYCgBqMvGLSPf4nYUc5q49WWkZqI alice (ED25519)\n",
      "sshRevoked",
    ],
    ["a key that is cut off", "ssh-ed25519 AAAAC3Nz\n", "sshRevoked"],
  ])("may not hold %s", (name, content, kind) => {
    const signers = { ssh: "allowed_signers", [kind]: configured(`wrong ${name}`, content) };
    const words = kind === "gpg" ? "must hold GPG public keys" : "must hold public keys";
    expect(mistakes(greet({ signers }))).toEqual([expect.stringContaining(words)]);
  });
});

describe("mistakes of all kinds are in one message", () => {
  const places = (config: unknown) => mistakes(config).map((line) => line.replace(/: .*/, ""));

  it.each([
    [
      "in several fields and commands",
      {
        commands: {
          greet: { ...GREET, repository: "greet", branch: "-x", platforms: ["linux-amd64", "darwin-386"] },
          "greet-canary": { ...GREET, repository: "/srv/greet", versionVariable: "version" },
        },
        buildConcurrency: 0,
      },
      [
        "commands.greet.repository",
        "commands.greet.branch",
        "commands.greet.platforms.1",
        "commands.greet-canary.repository",
        "commands.greet-canary.versionVariable",
        "buildConcurrency",
      ],
    ],
    [
      "missing fields, and a repository that is no URL",
      { commands: { greet: { repository: "greet" } } },
      [
        "commands.greet.repository",
        "commands.greet.branch",
        "commands.greet.mainPackage",
        "commands.greet.versionVariable",
        "commands.greet.platforms",
      ],
    ],
    [
      "a wrong command name, and a wrong value",
      { commands: { "gr eet": GREET, greet: { ...GREET, branch: "-x" } } },
      ["commands", "commands.greet.branch"],
    ],
    [
      "a wrong command name, and a missing field",
      { commands: { "gr eet": GREET, greet: { ...GREET, branch: undefined } } },
      ["commands", "commands.greet.branch"],
    ],
    [
      "a platform twice, and one that is none",
      greet({ platforms: ["linux-arm", "linux-arm", "linux"] }),
      ["commands.greet.platforms", "commands.greet.platforms.2"],
    ],
    [
      "a platform twice, and one that is no text",
      greet({ platforms: ["linux-arm", "linux-arm", 5] }),
      ["commands.greet.platforms", "commands.greet.platforms.2"],
    ],
  ])("%s", (_, config, expected) => expect(places(config).toSorted()).toEqual(expected.toSorted()));
});

describe("a repository at a local path", () => {
  it("is refused on AWS", () => {
    expect(mistakes(greet({ repository: "/srv/greet.git" }))).toEqual([
      'commands.greet.repository: "/srv/greet.git" is a local path, which only the local AWS can reach',
    ]);
  });

  it("is accepted on the local AWS", () => {
    expect(mistakes(greet({ repository: "/srv/greet.git" }), LOCAL)).toEqual([]);
  });

  it("needs no credentials", () => {
    const fields = { repository: "/srv/greet.git", credentials: { secret: "x" } };
    expect(mistakes(greet(fields), LOCAL)).toEqual([
      "commands.greet.credentials: are not needed for a local path",
    ]);
  });

  it("may be a server on this machine instead", () => {
    const repository = "http://127.0.0.1:8080/greet.git";
    expect(mistakes(greet({ repository, credentials: { secret: "x" } }), LOCAL)).toEqual([]);
    expect(mistakes(greet({ repository: "http://localhost/greet.git" }), LOCAL)).toHaveLength(1);
  });

  it("must be absolute there too", () => {
    expect(mistakes(greet({ repository: "../greet" }), LOCAL)).toHaveLength(1);
  });
});

describe("a configuration file", () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), "hkdist-config-"));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (name: string, text: string) => {
    const file = join(folder, name);
    writeFileSync(file, text);
    return file;
  };
  const refusal = async (file: string) => {
    const error = await loadConfig(file, AWS).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigError);
    expect((error as Error).message).toContain(file);
    return (error as Error).message;
  };

  it("says where its files are from its own folder", async () => {
    write("hook.sh", "true\n");
    const file = write("beside.mjs", `export default ${JSON.stringify(greet({ hook: "./hook.sh" }))};`);
    expect((await loadConfig(file, AWS)).commands["greet"]?.hook).toBe(join(folder, "hook.sh"));
  });

  it.each([
    ["TypeScript", "right.ts", `export default ${JSON.stringify(greet({}))} satisfies object;`],
    ["JavaScript", "right.mjs", `export default ${JSON.stringify(greet({}))};`],
  ])("in %s is loaded and checked", async (_, name, text) => {
    expect(await loadConfig(write(name, text), AWS)).toEqual({ commands: { greet: GREET }, ...DEFAULTS });
  });

  it("with mistakes is named before them", async () => {
    const file = write(
      "wrong.mjs",
      `export default ${JSON.stringify(greet({ branch: "-x", platforms: [] }))};`,
    );
    expect(await refusal(file)).toBe(
      `${file} has mistakes:\n` +
        '  commands.greet.branch: must be a branch name such as "main"\n' +
        "  commands.greet.platforms: must name at least one platform",
    );
  });

  it("that does not exist is told so", async () => {
    const file = join(folder, "missing.ts");
    expect(await refusal(file)).toBe(`there is no configuration file ${file}`);
  });

  it.each([
    ["does not parse", "broken.mjs", "export default {", "cannot be loaded"],
    ["throws", "throws.mjs", 'throw new Error("no such variable");', "cannot be loaded: no such variable"],
    [
      "imports what is not there",
      "imports.mjs",
      'import "./nothing.mjs"; export default {};',
      "cannot be loaded",
    ],
    ["has no default export", "named.mjs", "export const config = {};", "the default export: "],
  ])("that %s is told so", async (_, name, text, words) => {
    expect(await refusal(write(name, text))).toContain(words);
  });
});
