import { execFileSync } from "node:child_process";
import { GO_CACHE } from "./build-release.ts";

/** Builds a main package as `go build` does by itself, which was hkdist's way. @param cwd of its module */
export function plainBuild(cwd: string, mainPackage: string, platform: string, to: string): void {
  const [GOOS = "", GOARCH = ""] = platform.split("-");
  execFileSync("go", ["build", "-o", to, mainPackage], {
    cwd,
    // Whoever runs this has other flags than hkdist's builders had: none.
    env: { ...process.env, GOFLAGS: "", GOCACHE: GO_CACHE, GOOS, GOARCH, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}

/** A file's gzip, at gzip's best. */
export function bestGzip(file: string): Buffer {
  return execFileSync("gzip", ["-9", "--no-name", "--stdout", file], { maxBuffer: 2 ** 30 });
}
