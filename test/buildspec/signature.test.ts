import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { lacks } from "../programs.ts";
import { SigningKeys } from "../signing-keys.ts";
import { type BuildRun, Lab, PROGRAM, type Repository } from "./support.ts";

vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const TAG = "v20260122";

describe.skipIf(lacks(["gpg", "ssh-keygen"], "signatures of tags"))("a command with signers", () => {
  let keys: SigningKeys;
  let lab: Lab;
  let repository: Repository;
  let commit: string;
  /** Fingerprints of the GPG keys and public halves of the SSH keys, by name. */
  const key: Record<string, string> = {};
  /** Made while the key was good: gpg does not sign with a revoked one. */
  let signedBeforeRevocation: string;
  /** A key as it was before it was taken back. */
  let takenBack: { key: string; revocation: string; signature: string };

  beforeAll(() => {
    lab = new Lab();
    repository = lab.repository();
    repository.write(PROGRAM);
    commit = repository.commit();
    keys = new SigningKeys();
    for (const name of ["release", "other", "revoked", "subkeys"]) key[name] = keys.addGpg(name);
    keys.addGpg("expired", "1d");
    keys.addGpgSubkey(key["subkeys"] ?? "");
    signedBeforeRevocation = keys.signGpg("revoked", content());
    takenBack = {
      key: keys.exportGpg("revoked"),
      revocation: keys.revocation(key["revoked"] ?? ""),
      signature: signedBeforeRevocation,
    };
    keys.revokeGpg(key["revoked"] ?? "");
    lab.configured("release.asc", keys.exportGpg("release", "expired", "revoked", "subkeys"));
    for (const name of ["alice", "mallory"]) key[name] = keys.addSsh(name);
    lab.configured("allowed_signers", `alice@example.com ${key["alice"]}\n`);
    lab.configured("revoked_keys", `# Gone\n\n${key["alice"]}\n`);
    const list = ["-q", "-k", "-f", lab.path("configured-revoked_list"), `${keys.sshKey("alice")}.pub`];
    execFileSync("ssh-keygen", list);
  });
  afterAll(() => {
    keys.remove();
    lab.remove();
  });
  afterEach(() => {
    for (const tag of repository.git("tag").split("\n"))
      repository.git("update-ref", "-d", `refs/tags/${tag}`);
  });

  /** What is signed of a tag object. */
  const content = (tag = TAG, object = commit, type = "commit") =>
    `object ${object}\ntype ${type}\ntag ${tag}\ntagger A <a@example.com> 1769077800 +0200\n\nRelease\n`;

  /** Writes a tag object as it is given, whatever git thinks of it, and gives it a name. */
  function put(object: string, name = TAG): string {
    const id = execFileSync("git", ["hash-object", "-t", "tag", "-w", "--stdin", "--literally"], {
      cwd: repository.folder,
      input: object,
      encoding: "utf8",
    }).trim();
    repository.git("update-ref", `refs/tags/${name}`, id);
    return id;
  }

  /** The source build; files of the configuration by their names in the lab. */
  function run(environment: Record<string, string>): Promise<BuildRun> {
    const files = Object.entries(environment).filter(
      ([name, file]) => name.startsWith("HKDIST_SIGNERS") && file,
    );
    const paths = files.map(([name, file]) => [name, lab.path(`configured-${file}`)]);
    return lab.source({
      HKDIST_REPOSITORY: repository.folder,
      HKDIST_PLATFORMS: "linux-amd64",
      ...environment,
      ...Object.fromEntries(paths),
    });
  }
  const GPG = { HKDIST_SIGNERS_GPG: "release.asc" };
  const SSH = { HKDIST_SIGNERS_SSH: "allowed_signers" };

  const signTag = (...options: string[]) =>
    repository.git(
      ...["-c", `gpg.program=${keys.gpgProgram}`, ...options, "tag", "--sign", "--message", "Release", TAG],
    );

  it("releases a tag that git signed with GPG, and tells who did", async () => {
    signTag("-c", "user.signingKey=release@example.com");
    const { outcome } = await run(GPG);
    expect(outcome).toMatchObject({
      OUTCOME: "archived",
      TAG,
      SIGNER: `release@example.com ${key["release"]}`,
    });
  });

  it("releases a tag that git signed with SSH, and tells who did", async () => {
    signTag("-c", "gpg.format=ssh", "-c", `user.signingKey=${keys.sshKey("alice")}`);
    const { outcome } = await run({ ...SSH, ...GPG });
    expect(outcome).toMatchObject({ OUTCOME: "archived", TAG });
    expect(outcome.SIGNER).toMatch(/^alice@example.com SHA256:[\w+/]{43}$/);
  });

  it("tells a subkey's owner by the primary key", async () => {
    put(content() + keys.signGpg("subkeys", content()));
    expect((await run(GPG)).outcome.SIGNER).toBe(`subkeys@example.com ${key["subkeys"]}`);
  });

  it("verifies a tag that is named explicitly, too", async () => {
    put(content() + keys.signGpg("other", content()));
    expect((await run({ ...GPG, HKDIST_TAG: TAG })).outcome.REFUSAL).toBe("UntrustedTagError");
  });

  it.each<[string, () => void, string, string]>([
    [
      "a lightweight tag",
      () => repository.git("update-ref", `refs/tags/${TAG}`, commit),
      "UnsignedTagError",
      "lightweight",
    ],
    ["an unsigned tag", () => put(content()), "UnsignedTagError", "is not signed"],
    [
      "a key that is not configured",
      () => put(content() + keys.signGpg("other", content())),
      "UntrustedTagError",
      "a key that is not configured",
    ],
    [
      "a key that has expired since",
      () => put(content() + keys.signGpgInThePast("expired", content())),
      "UntrustedTagError",
      "a key that has expired",
    ],
    [
      "a key that was revoked",
      () => put(content() + signedBeforeRevocation),
      "UntrustedTagError",
      "a key that was revoked",
    ],
    [
      "a signature that has expired",
      () => put(content() + keys.signGpgInThePast("release", content(), "--default-sig-expire=1d")),
      "UntrustedTagError",
      "has expired",
    ],
    [
      "a good signature and another one",
      () => put(content() + keys.signGpg("release", content(), "--local-user=other@example.com")),
      "UntrustedTagError",
      "not configured",
    ],
    [
      "two good signatures",
      () => put(content() + keys.signGpg("release", content(), "--local-user=subkeys@example.com")),
      "UntrustedTagError",
      "could not be verified",
    ],
    [
      "another text than what was signed",
      () => put(`${content()}More.\n${keys.signGpg("release", content())}`),
      "UntrustedTagError",
      "does not fit",
    ],
    [
      "a tag object that was made for an older tag",
      () => {
        const old = content("v20260121");
        put(old + keys.signGpg("release", old));
      },
      "UntrustedTagError",
      "made for another name: the tag object says 'tag v20260121'",
    ],
    [
      "a signed tag of another tag",
      () => {
        const outer = content(TAG, put(content("inner"), "inner"), "tag");
        put(outer + keys.signGpg("release", outer));
      },
      "UntrustedTagError",
      "something else than this commit",
    ],
    [
      "a signature that is none",
      () => put(`${content()}-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n`),
      "UntrustedTagError",
      "could not be verified",
    ],
    [
      "a signature of another kind",
      () => put(`${content()}-----BEGIN SIGNED MESSAGE-----\nAAAA\n-----END SIGNED MESSAGE-----\n`),
      "UntrustedTagError",
      "sign with GPG or SSH",
    ],
    [
      "a signature made with SSH when only GPG keys are configured",
      () => put(content() + keys.signSsh("alice", content())),
      "UntrustedTagError",
      "no SSH signers are configured",
    ],
    [
      "a text after the signature",
      () => put(`${content() + keys.signGpg("release", content())}More.\n`),
      "UntrustedTagError",
      "followed by more text",
    ],
    [
      "a text with carriage returns",
      () => put(`${content()}A\rB\n${keys.signGpg("release", `${content()}A\rB\n`)}`),
      "UntrustedTagError",
      "carriage returns",
    ],
    [
      "a signature with SHA-1",
      () => put(content() + keys.signGpg("release", content(), "--digest-algo=SHA1")),
      "UntrustedTagError",
      "could not be verified",
    ],
    [
      "a signature with SHA-224",
      () => put(content() + keys.signGpg("release", content(), "--digest-algo=SHA224")),
      "UntrustedTagError",
      "hash 11, class 00",
    ],
    [
      "a signature of text, whose line ends do not count",
      () => put(content() + keys.signGpg("release", content(), "--textmode")),
      "UntrustedTagError",
      "class 01",
    ],
    [
      "a signature of the future",
      () => put(content() + keys.signGpg("release", content(), "--faked-system-time=20990101T000000")),
      "UntrustedTagError",
      "made in the future",
    ],
  ])("refuses %s", async (_, make, refusal, words) => {
    make();
    const { exitCode, outcome } = await run(GPG);
    expect(exitCode).toBe(0);
    expect(outcome).toMatchObject({ OUTCOME: "refused", REFUSAL: refusal, ARCHIVE_KEY: "", SIGNER: "" });
    expect(outcome.REASON).toContain(words);
    expect(outcome.REASON).toContain(TAG);
  });

  it.each<[string, (key: string, revocation: string) => string, string]>([
    ["before its key", (key, revocation) => revocation + key, "a key that was revoked"],
    ["after its key", (key, revocation) => key + revocation, "a key that was revoked"],
    ["with gpg's colon", (key, revocation) => key + revocation.replace("---", ":---"), "a line of its own"],
    ["glued to its key", (key, revocation) => key.trim() + revocation, "a line of its own"],
    ["cut off", (key, revocation) => key + revocation.slice(0, 200), "gpg said of block 2"],
    ["without its key", (_, revocation) => revocation, "no public key"],
  ])("does not pass over a revocation %s", async (_, file, words) => {
    lab.configured("taken_back.asc", file(takenBack.key, takenBack.revocation));
    put(content() + takenBack.signature);
    const { outcome } = await run({ HKDIST_SIGNERS_GPG: "taken_back.asc" });
    expect(outcome.REFUSAL).toMatch(/^(UntrustedTag|Signers)Error$/);
    expect(outcome.REASON).toContain(words);
  });

  it("takes a key that is listed on two lines when one of them allows it", async () => {
    const twice = `a@example.com namespaces="file" ${key["alice"]}\nnonsense\nb@example.com ${key["alice"]}\n`;
    lab.configured("these_signers", twice);
    put(content() + keys.signSsh("alice", content()));
    expect((await run({ HKDIST_SIGNERS_SSH: "these_signers" })).outcome.SIGNER).toMatch(/^b@example\.com /);
  });

  it.each([
    "garbage",
    "SSHKRL\n\0x",
    "alice@example.com KEY",
  ])("is told of a list of revoked keys that is none: %j", async (list) => {
    lab.configured("these_revoked", `${list.replace("KEY", key["alice"] ?? "")}\n`);
    put(content() + keys.signSsh("alice", content()));
    const { outcome } = await run({ ...SSH, HKDIST_SIGNERS_REVOKED: "these_revoked" });
    expect(outcome.REFUSAL).toBe("SignersError");
    expect(outcome.REASON).toMatch(
      /list of revoked SSH keys (has a line that is no public key|cannot be read)/,
    );
  });

  it.each<[string, { by?: string; namespace?: string; signers?: string; revoked?: string }, string]>([
    ["a key that is not listed", { by: "mallory" }, "not among the allowed signers"],
    [
      "a key that has expired since the tag's date",
      { signers: 'alice@example.com valid-before="20260201" KEY' },
      "key has expired",
    ],
    [
      "a key that is not valid yet",
      { signers: 'alice@example.com valid-after="20900101" KEY' },
      "key is not yet valid",
    ],
    [
      "a key that is listed for files only",
      { signers: 'alice@example.com namespaces="file" KEY' },
      "not permitted for use in signature namespace",
    ],
    ["a key that was revoked", { revoked: "revoked_keys" }, "a key that was revoked"],
    ["a key on a list of ssh-keygen", { revoked: "revoked_list" }, "a key that was revoked"],
    ["a signature of a file", { namespace: "file" }, "is not good"],
    ["an empty list of signers", { signers: "# nobody" }, "not among the allowed signers"],
  ])("refuses, of SSH, %s", async (_, { by = "alice", namespace = "git", signers, revoked = "" }, words) => {
    put(content() + keys.signSsh(by, content(), namespace));
    const allowed = signers?.replace("KEY", key["alice"] ?? "") ?? `alice@example.com ${key["alice"]}`;
    lab.configured("these_signers", `${allowed}\n`);
    const { outcome } = await run({
      HKDIST_SIGNERS_SSH: "these_signers",
      HKDIST_SIGNERS_REVOKED: revoked,
    });
    expect(outcome).toMatchObject({ OUTCOME: "refused", REFUSAL: "UntrustedTagError", SIGNER: "" });
    expect(outcome.REASON).toContain(words);
  });

  it("does not go back to an older tag when the newest one is not trusted", async () => {
    put(content() + keys.signGpg("release", content()));
    put(content("v20260123"), "v20260123");
    const { outcome } = await run(GPG);
    expect(outcome).toMatchObject({ REFUSAL: "UnsignedTagError", TAG: "v20260123" });
  });

  it("lets neither the repository, nor the builder's home, nor its keyring have a say", async () => {
    put(content() + keys.signGpg("other", content()));
    const evil = lab.path("evil");
    writeFileSync(evil, `#!/bin/sh\ntouch ${lab.path("pwned")}\nexit 0\n`, { mode: 0o755 });
    for (const config of [repository.path(".git", "config"), lab.path("home", ".gitconfig")]) {
      for (const name of ["gpg.program", "gpg.ssh.program", "gpg.ssh.allowedSignersFile"])
        lab.run(lab.folder, "git", "config", "--file", config, name, evil);
    }
    const { outcome } = await run({ ...GPG, GNUPGHOME: `${keys.gpgProgram}/../gnupg` });
    expect(outcome.REFUSAL).toBe("UntrustedTagError");
    expect(lab.exists("..", "pwned")).toBe(false);
  });

  it("is told when its signers are no keys", async () => {
    lab.configured("garbage.asc", "garbage\n");
    put(content() + keys.signGpg("release", content()));
    const { outcome } = await run({ HKDIST_SIGNERS_GPG: "garbage.asc" });
    expect(outcome.REFUSAL).toBe("SignersError");
    expect(outcome.REASON).toContain("not public keys and revocations that gpg takes");
  });
});
