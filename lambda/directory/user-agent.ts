/**
 * The platform that a client asks for by its User-Agent, for `/{cmd}.gz`.
 * `uname -sm`, browsers, PowerShell and curl's own all pass here. The original's answers stay for what it got right;
 * it took 64-bit ARM, `Win64; x64` and MINGW for 32-bit Intel, and FreeBSD for Linux.
 * A client that tells no machine gets amd64: hardly any 386 is left, and scripts that pipe bare curl run on servers.
 */
export function guessPlatform(userAgent: string): string {
  const agent = userAgent.toLowerCase();
  const has = (...words: string[]) => words.some((word) => agent.includes(word));
  const os = has("mac os x", "macintosh", "darwin")
    ? "darwin"
    : has("windows", "mingw", "msys", "cygwin")
      ? "windows"
      : has("freebsd")
        ? "freebsd"
        : "linux";
  if (has("aarch64", "arm64")) return `${os}-arm64`;
  if (has("armv6", "armv7", "armhf")) return `${os}-arm`;
  // Browsers on any Mac say "Intel"; on Apple silicon Rosetta runs what they get.
  if (os === "darwin" || has("x86_64", "amd64", "x64", "win64", "wow64")) return `${os}-amd64`;
  return has("i386", "i486", "i586", "i686") || os === "windows" ? `${os}-386` : `${os}-amd64`;
}
