import { describe, expect, it } from "vitest";
import { checkBuilds } from "../../../lambda/pair/check-builds.ts";
import type { PlatformReport } from "../../../lambda/shared/report.ts";
import { artifact, errorOf, sha256 } from "../support.ts";

const VERSION = "20260131.1";
const stored = (platform: string, hash = 1): PlatformReport => ({
  platform,
  outcome: "stored",
  sha256: sha256(hash),
});
const present = (platform: string, hash = 1): PlatformReport =>
  ({ ...stored(platform, hash), outcome: "present" }) as PlatformReport;
const failed = (platform: string, message: string): PlatformReport => ({
  platform,
  outcome: "failed",
  message,
});
const recorded = (...platforms: string[]) =>
  new Map(platforms.map((platform) => [platform, artifact("greet", VERSION, platform)]));

describe("builds are fine", () => {
  it.each([
    ["when nothing was built", [], recorded("linux-amd64")],
    ["when what they stored was recorded so", [stored("linux-amd64")], recorded("linux-amd64")],
    ["when what was there has the same bytes", [present("linux-amd64")], recorded("linux-amd64")],
    ["when it is not recorded yet", [stored("linux-amd64"), present("linux-arm", 2)], recorded()],
  ])("%s", (_, reports, rows) => expect(() => checkBuilds(reports, rows)).not.toThrow());
});

describe("platforms that did not compile", () => {
  it("fail the release with the compiler's words, and the others are kept", () => {
    const error = errorOf(() =>
      checkBuilds(
        [stored("linux-amd64"), failed("windows-amd64", "./main_windows.go:3: undefined: x")],
        recorded(),
      ),
    );
    expect(error.name).toBe("BuildFailedError");
    expect(error.message).toBe(
      "windows-amd64 did not compile:\n./main_windows.go:3: undefined: x\n\n" +
        'The other platforms are kept. Mend it under a new tag, or release the others with "platforms".',
    );
  });

  it("all have their say, however much one of them has", () => {
    const platforms = ["linux-386", "linux-amd64", "linux-arm", "linux-arm64"];
    const reports = platforms.map((platform) => failed(platform, `${"x".repeat(20_000)} end of ${platform}`));
    const error = errorOf(() => checkBuilds(reports, recorded()));
    for (const platform of platforms) expect(error.message).toContain(`end of ${platform}`);
    expect(error.message.length).toBeLessThan(6000);
  });

  it("share one sentence when the compiler said the same of them", () => {
    const { message } = errorOf(() =>
      checkBuilds(
        [
          failed("linux-386", "too big"),
          failed("windows-386", "no such file"),
          failed("linux-arm", "too big"),
        ],
        recorded(),
      ),
    );
    expect(message).toContain("linux-386, linux-arm did not compile:\ntoo big\n\n");
    expect(message).toContain("windows-386 did not compile:\nno such file\n\n");
  });

  it("are told before a conflict on another platform", () => {
    const error = errorOf(() =>
      checkBuilds([present("linux-amd64", 2), failed("linux-arm", "x")], recorded("linux-amd64")),
    );
    expect(error.name).toBe("BuildFailedError");
  });
});

describe("other bytes than the recorded ones", () => {
  it.each([
    ["that were there before", present("linux-amd64", 2)],
    ["although they were stored", stored("linux-amd64", 2)],
  ])("stop the release: %s", (_, report) => {
    const error = errorOf(() =>
      checkBuilds([stored("darwin-arm64"), report], recorded("darwin-arm64", "linux-amd64")),
    );
    expect(error.name).toBe("ArtifactConflictError");
    for (const word of [`greet/${VERSION}/linux-amd64.gz`, sha256(1), sha256(2), "new tag"]) {
      expect(error.message).toContain(word);
    }
  });
});
