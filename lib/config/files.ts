import { readFileSync, statSync } from "node:fs";
import { resolve } from "node:path";
import type { CommandConfig } from "./schema.ts";

interface Mistake {
  field: string;
  problem: string;
}

/** What each kind of file must hold. */
const KINDS = {
  gpg: {
    holds: holdsGpgKeys,
    words:
      "must hold GPG public keys as text, as `gpg --armor --export release@example.com` writes them, and revocations without the colon before -----BEGIN, each block in lines of its own",
  },
  ssh: {
    holds: (text: string) => /^[^#\s]\S*\s.*(ssh-|ecdsa-)\S+ [A-Za-z0-9+/]+/m.test(text),
    words: "must hold allowed signers, each a line such as: release@example.com ssh-ed25519 AAAA...",
  },
  sshRevoked: {
    holds: holdsRevokedKeys,
    words: "must hold public keys, one a line, or a key revocation list of ssh-keygen",
  },
  hook: { holds: (text: string) => /\S/.test(text), words: "must hold a bash script" },
};
const PRIVATE_KEY = /-----BEGIN [A-Z ]*PRIVATE KEY/;

/**
 * Makes the paths of a command's files absolute and looks into the files.
 * @param folder what relative paths start from
 */
export function resolveFiles(
  command: CommandConfig,
  folder: string,
): { command: CommandConfig; mistakes: Mistake[] } {
  const mistakes: Mistake[] = [];
  const found = (field: string, kind: keyof typeof KINDS, path: string) => {
    const file = resolve(folder, path);
    const problem = problemOf(file, kind);
    if (problem !== undefined) mistakes.push({ field, problem });
    return file;
  };
  const { signers, hook } = command;
  return {
    command: {
      ...command,
      ...(signers && {
        signers: {
          ...(signers.gpg && { gpg: found("signers.gpg", "gpg", signers.gpg) }),
          ...(signers.ssh && { ssh: found("signers.ssh", "ssh", signers.ssh) }),
          ...(signers.sshRevoked && {
            sshRevoked: found("signers.sshRevoked", "sshRevoked", signers.sshRevoked),
          }),
        },
      }),
      ...(hook && { hook: found("hook", "hook", hook) }),
    },
    mistakes,
  };
}

function problemOf(file: string, kind: keyof typeof KINDS): string | undefined {
  if (!statSync(file, { throwIfNoEntry: false })?.isFile()) return `there is no file ${file}`;
  const text = readFileSync(file, "latin1");
  if (PRIVATE_KEY.test(text)) return `${file} holds a private key, which must not be in a deployment`;
  return KINDS[kind].holds(text) ? undefined : `${file} ${KINDS[kind].words}`;
}

/** gpg passes over what is not a block to it, were it a revocation. */
function holdsGpgKeys(text: string): boolean {
  const blocks = text.match(
    /^-----BEGIN PGP PUBLIC KEY BLOCK-----\s*$[^-]*(-(?!----)[^-]*)*^-----END PGP PUBLIC KEY BLOCK-----\s*$/gm,
  );
  if (blocks?.length !== text.match(/BEGIN PGP/g)?.length) return false;
  if (blocks?.length !== text.match(/END PGP/g)?.length) return false;
  // A key begins with another packet than a revocation.
  return blocks?.some((block) => /^\s*\n[mx]/m.test(block)) ?? false;
}

/** ssh-keygen takes every key for revoked when it cannot read the file. */
function holdsRevokedKeys(text: string): boolean {
  if (text.startsWith("SSHKRL\n\0")) return true;
  const lines = text.split("\n").filter((line) => /^[^#\s]/.test(line));
  return (
    lines.length > 0 &&
    lines.every((line) => /^(sk-)?(ssh|ecdsa)-\S+ AAAA[A-Za-z0-9+/]{20,}=*(\s|$)/.test(line))
  );
}
