import { writeFileSync } from "node:fs";
import { arch, platform } from "node:os";
import { gunzipSync } from "node:zlib";

const GO_OS: Partial<Record<NodeJS.Platform, string>> = { win32: "windows" };
const GO_ARCH: Partial<Record<NodeJS.Architecture, string>> = { x64: "amd64", ia32: "386" };

/** This machine's platform in Go's words. */
export function hostPlatform(): string {
  return `${GO_OS[platform()] ?? platform()}-${GO_ARCH[arch() as NodeJS.Architecture] ?? arch()}`;
}

/** What `uname -sm` says here, by which `/{cmd}.gz` knows the platform. */
export function unameAgent(): string {
  const machine =
    arch() === "x64" ? "x86_64" : platform() === "linux" && arch() === "arm64" ? "aarch64" : arch();
  return `${platform() === "darwin" ? "Darwin" : "Linux"} ${machine}`;
}

/**
 * Installs as a user would with `curl -L -A "$(uname -sm)" <directory>/<cmd>.gz | gunzip`.
 * @returns where the bytes came from, and how many came
 */
export async function install(
  directoryUrl: string,
  cmd: string,
  file: string,
): Promise<{ from: string; gzBytes: number }> {
  const answer = await fetch(`${directoryUrl}${cmd}.gz`, {
    headers: { "User-Agent": unameAgent() },
    signal: AbortSignal.timeout(60_000),
  });
  const gzipped = Buffer.from(await answer.arrayBuffer());
  if (!answer.ok)
    throw new Error(`${answer.url} answered ${answer.status}: ${gzipped.toString("utf8").trim()}`);
  writeFileSync(file, gunzipSync(gzipped), { mode: 0o755 });
  return { from: answer.url, gzBytes: gzipped.length };
}
