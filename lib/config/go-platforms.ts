/** Every os-arch that Go 1.26 builds: the output of `go tool dist list`, with `-` for `/`. */
export const GO_PLATFORMS: ReadonlySet<string> = new Set(
  `aix-ppc64 android-386 android-amd64 android-arm android-arm64 darwin-amd64 darwin-arm64 dragonfly-amd64
   freebsd-386 freebsd-amd64 freebsd-arm freebsd-arm64 illumos-amd64 ios-amd64 ios-arm64 js-wasm
   linux-386 linux-amd64 linux-arm linux-arm64 linux-loong64 linux-mips linux-mips64 linux-mips64le linux-mipsle
   linux-ppc64 linux-ppc64le linux-riscv64 linux-s390x netbsd-386 netbsd-amd64 netbsd-arm netbsd-arm64
   openbsd-386 openbsd-amd64 openbsd-arm openbsd-arm64 openbsd-ppc64 openbsd-riscv64
   plan9-386 plan9-amd64 plan9-arm solaris-amd64 wasip1-wasm windows-386 windows-amd64 windows-arm64`.split(
    /\s+/,
  ),
);

/** Those that Go links with a C compiler only. */
export const C_PLATFORMS: ReadonlySet<string> = new Set([
  "android-386",
  "android-amd64",
  "android-arm",
  "ios-amd64",
  "ios-arm64",
]);

/** Platforms of the past that people may still have in their lists, with what to tell them. */
export const DROPPED_PLATFORMS: ReadonlyMap<string, string> = new Map([
  ["darwin-386", "Go dropped darwin-386 in 1.15; remove it, all Macs since 2007 run darwin-amd64"],
  ["darwin-arm", "Go dropped darwin-arm in 1.15; Apple silicon is darwin-arm64"],
  ["windows-arm", "Go dropped windows-arm in 1.26; use windows-arm64"],
]);
