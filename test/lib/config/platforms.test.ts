import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { C_PLATFORMS, DROPPED_PLATFORMS, GO_PLATFORMS } from "../../../lib/config/go-platforms.ts";
import { loadConfig } from "../../../lib/config/load-config.ts";
import { root } from "../../../tools/checkout.ts";

const go = (...args: string[]) => execFileSync("go", args, { encoding: "utf8", cwd: root }).trim();

/** The ten that hk was always built for. */
const ORIGINAL =
  "darwin-386 darwin-amd64 freebsd-386 freebsd-amd64 freebsd-arm linux-386 linux-amd64 linux-arm windows-386 windows-amd64";

describe("platforms", () => {
  const isOther = !go("env", "GOVERSION").startsWith("go1.26");

  it.skipIf(isOther)("are those of Go 1.26", () => {
    const list = go("tool", "dist", "list").replaceAll("/", "-").split("\n");
    expect([...GO_PLATFORMS].toSorted()).toEqual(list.toSorted());
    for (const dropped of DROPPED_PLATFORMS.keys()) expect(list).not.toContain(dropped);
  });

  it.skipIf(isOther)(
    "are refused when Go links them with a C compiler only",
    () => {
      const folder = mkdtempSync(join(tmpdir(), "hkdist-platforms-"));
      try {
        writeFileSync(join(folder, "main.go"), "package main\n\nfunc main() {}\n");
        const refused = [...GO_PLATFORMS].filter((platform) => {
          const [GOOS, GOARCH] = platform.split("-");
          // Nothing is compiled: Go says so before.
          const { status } = spawnSync("go", ["build", "-n", "main.go"], {
            cwd: folder,
            env: { ...process.env, CGO_ENABLED: "0", GOOS, GOARCH },
          });
          return status !== 0;
        });
        expect(refused.toSorted()).toEqual([...C_PLATFORMS].toSorted());
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );

  it.each([
    "hkdist.config.ts",
    "examples/hk.config.ts",
  ])("of %s are the nine original ones that Go still builds, and the three of today", async (file) => {
    const { commands } = await loadConfig(join(root, file), { endpointUrl: undefined });
    const today = ["darwin-arm64", "linux-arm64", "windows-arm64"];
    const expected = [...ORIGINAL.split(" ").filter((name) => !DROPPED_PLATFORMS.has(name)), ...today];
    for (const { platforms } of Object.values(commands))
      expect(platforms.toSorted()).toEqual(expected.toSorted());
  });
});
