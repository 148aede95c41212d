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
    holds: /^-----BEGIN PGP PUBLIC KEY BLOCK-----/m,
    words: "must hold GPG public keys as text, as `gpg --armor --export release@example.com` writes them",
  },
  ssh: {
    holds: /^[^#\s]\S*\s.*(ssh-|ecdsa-)\S+ [A-Za-z0-9+/]+/m,
    words: "must hold allowed signers, each a line such as: release@example.com ssh-ed25519 AAAA...",
  },
  sshRevoked: { holds: /\S/, words: "must hold public keys, or a key revocation list of ssh-keygen" },
  hook: { holds: /\S/, words: "must hold a bash script" },
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
  return KINDS[kind].holds.test(text) ? undefined : `${file} ${KINDS[kind].words}`;
}
