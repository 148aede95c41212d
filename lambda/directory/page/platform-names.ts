const SYSTEMS: Record<string, string> = {
  darwin: "macOS",
  windows: "Windows",
  linux: "Linux",
  freebsd: "FreeBSD",
  openbsd: "OpenBSD",
  netbsd: "NetBSD",
  dragonfly: "DragonFly BSD",
  solaris: "Solaris",
  illumos: "illumos",
  aix: "AIX",
};

/** In words of those who buy computers; on a Mac the processors have names of their own. */
const PROCESSORS: Record<string, string> = {
  "darwin-amd64": "Intel",
  "darwin-arm64": "Apple silicon",
  amd64: "64-bit Intel or AMD",
  386: "32-bit Intel or AMD",
  arm64: "64-bit ARM",
  arm: "32-bit ARM",
  riscv64: "64-bit RISC-V",
  loong64: "LoongArch",
  ppc64le: "POWER, little-endian",
  s390x: "IBM Z",
};

/** "Linux, 64-bit ARM" for `linux-arm64`; what has no name here keeps Go's. */
export function platformName(platform: string): string {
  const [os = "", architecture, ...more] = platform.split("-");
  if (architecture === undefined) return platform;
  const processor = PROCESSORS[`${os}-${architecture}`] ?? PROCESSORS[architecture] ?? architecture;
  return [SYSTEMS[os] ?? os, processor, ...more].join(", ");
}

/** The order in which people look for theirs: systems as above, and newer processors first. */
export function comparePlatforms(a: string, b: string): number {
  const [left, right] = [rank(a), rank(b)];
  return left.system - right.system || left.processor - right.processor || (a < b ? -1 : 1);
}

const PROCESSOR_ORDER = ["arm64", "amd64", "386", "arm"];

function rank(platform: string): { system: number; processor: number } {
  const [os = "", architecture = ""] = platform.split("-");
  const place = (list: string[], name: string) => (list.includes(name) ? list.indexOf(name) : list.length);
  return { system: place(Object.keys(SYSTEMS), os), processor: place(PROCESSOR_ORDER, architecture) };
}
