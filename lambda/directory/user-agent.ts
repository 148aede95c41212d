/** Words that name a processor, more telling ones first, in Go's words for it. */
const ARCHITECTURES: [RegExp, string][] = [
  [/aarch64|arm64/, "arm64"],
  [/armv\d|armhf|\barm\b/, "arm"],
  [/loong(arch)?64/, "loong64"],
  [/ppc64le|riscv64|s390x/, "$&"],
  [/x86_64|amd64|x64|win64|wow64|mingw64/, "amd64"],
  [/i[3-6]86|\b386\b/, "386"],
];
/** What must not get the nearest binary. */
const OTHER_SYSTEMS = /sunos|\baix\b/;
const OTHER_PROCESSORS = /mips|ppc|powerpc|sparc|ia64|s390|parisc|linux alpha/;

/**
 * The platform that a client of `/{cmd}.gz` tells by its User-Agent: browsers, `uname -sm` or `-sp` sent by a script,
 * curl's and wget's own, PowerShell. "phone" for phones and tablets; undefined for machines that must not get the nearest
 * binary.
 * The original's answers stay for what it got right; it took 64-bit ARM, `Win64; x64` and MINGW for 32-bit Intel,
 * FreeBSD for Linux, and an iPhone for a Mac. Where the agent leaves it open:
 * - Browsers say "Intel Mac OS X" on every Mac, so they get amd64: Rosetta runs it on Apple silicon, while an Intel Mac
 *   could not run arm64. Who says arm (`uname`, CFNetwork's curl) gets arm64.
 * - Bare curl, wget and Go name no processor and get amd64, not the original's 386: they run on servers, where hardly a
 *   32-bit system is left, and a 64-bit one need not have what 386 programs want.
 * - A browser on Windows tells when it has 64 bits, so one that does not tell gets 386. PowerShell and wget do not, and
 *   get amd64, as all Windows of today have it or emulate it.
 */
export function guessPlatform(userAgent: string): string | undefined {
  const agent = userAgent.toLowerCase();
  if (/iphone|ipad|ipod|android|windows phone|\bmobile\b/.test(agent)) return "phone";
  const os = systemOf(agent);
  const [words, name] = ARCHITECTURES.find(([pattern]) => pattern.test(agent)) ?? [];
  const architecture = name === "$&" ? words?.exec(agent)?.[0] : name;
  // No Mac of today is a 32-bit one; `uname -p` on Apple silicon says "arm".
  if (os === "darwin") return architecture?.startsWith("arm") ? "darwin-arm64" : "darwin-amd64";
  if (OTHER_SYSTEMS.test(agent)) return undefined;
  if (architecture !== undefined) return `${os}-${architecture}`;
  if (OTHER_PROCESSORS.test(agent)) return undefined;
  const isBrowser = agent.startsWith("mozilla") && !agent.includes("powershell");
  return os === "windows" && isBrowser ? "windows-386" : `${os}-amd64`;
}

function systemOf(agent: string): string {
  if (/mac os x|macos|macintosh|darwin/.test(agent)) return "darwin";
  if (/windows|win32|win64|mingw|msys|cygwin/.test(agent)) return "windows";
  if (/freebsd|libfetch/.test(agent)) return "freebsd";
  return /openbsd|netbsd|dragonfly/.exec(agent)?.[0] ?? "linux";
}
