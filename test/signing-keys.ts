import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** When the keys are made, and when those that have expired were still good. */
const BEFORE = "20200101T120000";

/** Keys made for one test file, with the programs that people sign with; `remove` deletes them. */
export class SigningKeys {
  private readonly folder = mkdtempSync(join(tmpdir(), "hkdist-keys-"));
  private readonly keyring = join(this.folder, "gnupg");
  private usesGpg = false;

  constructor() {
    mkdirSync(this.keyring, { mode: 0o700 });
    // For `git tag -s`, which knows a program and no folder.
    writeFileSync(this.gpgProgram, `#!/bin/sh\nexec gpg --homedir '${this.keyring}' --batch "$@"\n`, {
      mode: 0o755,
    });
  }

  get gpgProgram(): string {
    return join(this.folder, "gpg");
  }

  remove(): void {
    if (this.usesGpg) execFileSync("gpgconf", ["--homedir", this.keyring, "--kill", "all"]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  private gpg(args: string[], input?: string): string {
    this.usesGpg = true; // its agent stays behind
    const options = ["--homedir", this.keyring, "--batch", "--quiet", "--no-tty", "--passphrase", ""];
    return execFileSync("gpg", [...options, "--pinentry-mode", "loopback", ...args], {
      input,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
  }

  /** Makes `<name>@example.com`, some years old and good for this long; answers its fingerprint. */
  addGpg(name: string, life: "never" | "1d" = "never"): string {
    const user = `${name}@example.com`;
    this.gpg([`--faked-system-time=${BEFORE}`, "--quick-generate-key", user, "ed25519", "sign", life]);
    const listing = this.gpg(["--with-colons", "--list-keys", user]);
    return /^fpr:+([0-9A-F]+):/m.exec(listing)?.[1] ?? "";
  }

  /** From now on `name` signs with a subkey. */
  addGpgSubkey(fingerprint: string): void {
    this.gpg(["--quick-add-key", fingerprint, "ed25519", "sign", "never"]);
  }

  /** The certificate that gpg laid ready when it made the key. */
  revocation(fingerprint: string): string {
    const text = readFileSync(join(this.keyring, "openpgp-revocs.d", `${fingerprint}.rev`), "utf8");
    // A colon keeps people from importing it by mistake.
    return text.slice(text.indexOf("-----BEGIN"));
  }

  /** Takes a key back. */
  revokeGpg(fingerprint: string): void {
    this.gpg(["--import"], this.revocation(fingerprint));
  }

  /** The public keys of these names, as people give them to others. */
  exportGpg(...names: string[]): string {
    return this.gpg(["--armor", "--export", ...names.map((name) => `${name}@example.com`)]);
  }

  signGpg(name: string, payload: string, ...options: string[]): string {
    return this.gpg([...options, "--local-user", `${name}@example.com`, "--armor", "--detach-sign"], payload);
  }

  signGpgInThePast(name: string, payload: string, ...options: string[]): string {
    return this.signGpg(name, payload, `--faked-system-time=${BEFORE}`, ...options);
  }

  /** Makes an SSH key; answers its public half as one line. */
  addSsh(name: string): string {
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", name, "-f", this.sshKey(name)]);
    return readFileSync(`${this.sshKey(name)}.pub`, "utf8").trim();
  }

  sshKey(name: string): string {
    return join(this.folder, name);
  }

  /** The text of a key's file: `name`, or `name.pub`. */
  readSsh(name: string): string {
    return readFileSync(this.sshKey(name), "utf8").trim();
  }

  signSsh(name: string, payload: string, namespace = "git"): string {
    const args = ["-q", "-Y", "sign", "-n", namespace, "-f", this.sshKey(name)];
    return execFileSync("ssh-keygen", args, {
      input: payload,
      encoding: "utf8",
      stdio: ["pipe", "pipe", "ignore"],
    });
  }
}
