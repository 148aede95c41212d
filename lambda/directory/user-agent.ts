/** Words that name a processor, more telling ones first, in Go's words for it. */
const ARCHITECTURES: [RegExp, string][] = [
  [/aarch64|arm64/, "arm64"],
  [/armv\d|armhf/, "arm"],
  [/ppc64le|riscv64|s390x|loong64/, "$&"],
  [/x86_64|amd64|x64|win64|wow64/, "amd64"],
  [/i[3-6]86/, "386"],
];

/**
 * The platform that a client asks for by its User-Agent, for `/{cmd}.gz`; undefined for phones and other machines that
 * must not get the nearest binary.
 * `uname -sm`, browsers, PowerShell and curl's own all pass here. The original's answers stay for what it got right;
 * it took 64-bit ARM, `Win64; x64` and MINGW for 32-bit Intel, FreeBSD for Linux, and an iPhone for a Mac.
 * Who tells no processor gets amd64, since hardly any 386 is left and scripts with bare curl run on servers; but Windows
 * always tells when it has 64 bits.
 */
export function guessPlatform(userAgent: string): string | undefined {
  const agent = userAgent.toLowerCase();
  if (/iphone|ipad|ipod|android|mips|sunos/.test(agent)) return undefined;
  const os = /mac os x|macintosh|darwin/.test(agent)
    ? "darwin"
    : /windows|mingw|msys|cygwin/.test(agent)
      ? "windows"
      : (/freebsd|openbsd|netbsd|dragonfly/.exec(agent)?.[0] ?? "linux");
  for (const [words, architecture] of ARCHITECTURES) {
    const match = words.exec(agent);
    // Every 32-bit Mac is too old for Go; browsers say "Intel" on any Mac, and Rosetta runs what they get.
    if (match && os === "darwin" && architecture !== "arm64") break;
    if (match) return `${os}-${architecture === "$&" ? match[0] : architecture}`;
  }
  return os === "windows" ? "windows-386" : `${os}-amd64`;
}
