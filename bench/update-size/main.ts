// npm run bench:update-size [-- <platform>...]: how large a download is beside the binary, as gzip and as patch: two real releases
// of age, made as builds make them (buildspec/build.sh). cost/usage.ts computes with the largest of these ratios.
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import bsdiff from "bsdiff-node";
import { PRODUCTS } from "../release-time/products.ts";

const [, product] = PRODUCTS;
if (product === undefined) throw new Error("there is no second product");
const asked = process.argv.slice(2);
const platforms = asked.length > 0 ? asked : ["linux-amd64", "darwin-arm64", "windows-amd64"];
const folder = mkdtempSync(join(tmpdir(), "hkdist-update-size-"));
const file = (name: string) => join(folder, name);

try {
  const repository = product.repository(file("repository"));
  for (const [at, name] of ["base", "target"].entries()) {
    product.release(repository, at);
    for (const platform of platforms) build(repository.folder, platform, file(`${platform}.${name}`));
  }
  console.log("| platform | binary | gzip -9 | patch | gzip of the binary | patch of the binary |");
  console.log("| --- | --- | --- | --- | --- | --- |");
  for (const platform of platforms) {
    const [base, target, patch] = ["base", "target", "patch"].map((name) => file(`${platform}.${name}`));
    await bsdiff.diff(base ?? "", target ?? "", patch ?? "");
    const size = statSync(target ?? "").size;
    const gzip = execFileSync("gzip", ["-9", "--no-name", "--stdout", target ?? ""], { maxBuffer: 2 ** 28 });
    const row = [platform, ...[size, gzip.length, statSync(patch ?? "").size].map(count)];
    row.push(part(gzip.length, size), part(statSync(patch ?? "").size, size));
    console.log(`| ${row.join(" | ")} |`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function count(bytes: number): string {
  return bytes.toLocaleString("en");
}

function part(bytes: number, of: number): string {
  return `${((100 * bytes) / of).toFixed(1)} %`;
}

function build(cwd: string, platform: string, to: string): void {
  const [GOOS = "", GOARCH = ""] = platform.split("-");
  const flags = ["-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid=", "-o", to];
  execFileSync("go", ["build", ...flags, product?.command["mainPackage"] ?? "."], {
    cwd,
    env: { ...process.env, GOOS, GOARCH, CGO_ENABLED: "0" },
    stdio: ["ignore", "ignore", "inherit"],
  });
}
