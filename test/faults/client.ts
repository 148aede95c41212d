import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { hostPlatform } from "../../tools/install.ts";
import { applyPatch, BSDIFF4 } from "../e2e/readers.ts";
import type { World } from "./world.ts";

/** An installed tool. */
export interface Installed {
  version: string;
  binary: Buffer;
}

interface Current {
  version: string;
  sha256: string;
}

/**
 * Does what a client does: asks what is current, gets there by patch, else by full download, and runs what it has then.
 * @returns what is installed afterwards, and how it came
 * @throws Error when the directory, the bytes or the program are not what they should be
 */
export async function update(
  { place: { local, cmd } }: World,
  installed: Installed | undefined,
): Promise<Installed & { way: "patch" | "full" | "none" }> {
  const platform = hostPlatform();
  const asked = await fetch(`${local.directoryUrl}${cmd}/current/${platform}.json`);
  if (!asked.ok) throw new Error(`current is answered with ${asked.status}`);
  const { version, sha256 } = (await asked.json()) as Current;
  if (installed?.version === version) return { ...installed, way: "none" };
  const patch =
    installed && (await bytesOf(`${local.artifactsUrl}${cmd}/${installed.version}/${version}/${platform}`));
  const full = await bytesOf(`${local.artifactsUrl}${cmd}/${version}/${platform}.gz`);
  if (full === undefined) throw new Error(`${version} is current and cannot be downloaded`);
  const binary = gunzipSync(full);
  for (const [way, bytes] of [
    ["the full download", binary],
    ...(installed && patch ? [["the patch", applyPatch(BSDIFF4, installed.binary, patch)] as const] : []),
  ] as const) {
    const found = createHash("sha256").update(bytes).digest("base64");
    if (found !== sha256)
      throw new Error(`${way} to ${version} makes ${found}, the directory says ${sha256}`);
  }
  const said = run(binary);
  if (!said.startsWith(`${version} ${local.directoryUrl}`)) throw new Error(`${version} says ${said}`);
  return { version, binary, way: patch ? "patch" : "full" };
}

async function bytesOf(url: string): Promise<Buffer | undefined> {
  const answer = await fetch(url);
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined;
}

function run(binary: Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), "hkdist-faults-"));
  try {
    writeFileSync(join(folder, "tool"), binary, { mode: 0o755 });
    return execFileSync(join(folder, "tool"), { encoding: "utf8", timeout: 10_000 });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
