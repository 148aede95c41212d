import { describe, expect, it } from "vitest";
import type { Execution } from "../../../lambda/notify/execution.ts";
import { tell } from "../../../lambda/notify/tell.ts";

const ENDED: Execution = {
  machine: "release",
  status: "SUCCEEDED",
  asked: { cmd: "greet" },
  output: {},
  error: undefined,
  cause: undefined,
};
const RELEASED = {
  cmd: "greet",
  version: "20260131",
  artifacts: [{ platform: "darwin-arm64" }, { platform: "linux-amd64" }],
  patches: [
    { platform: "linux-amd64", from: "20260101", outcome: "made" as const },
    { platform: "darwin-arm64", from: "20260101", outcome: "failed" as const, reason: "it was killed" },
    { platform: "darwin-arm64", from: "20260102", outcome: "none" as const, reason: "larger" },
  ],
  published: { revision: 3, changed: true },
};
const FAILED = { status: "FAILED", error: "BuildFailedError", cause: "main.go:3: no" } as const;

const subjectOf = (execution: Partial<Execution>) => tell({ ...ENDED, ...execution }, "link").subject;
const textOf = (execution: Partial<Execution>) => tell({ ...ENDED, ...execution }, "link").text;

describe("the subject", () => {
  it.each<[string, Partial<Execution>]>([
    ["greet 20260131 is released", { output: RELEASED }],
    ["greet 20260131 is built, and not current", { output: { ...RELEASED, published: false } }],
    ["The release of greet failed: BuildFailedError", FAILED],
    [
      "The release of greet 20260131 failed: MovedTagError",
      { ...FAILED, asked: { cmd: "greet", version: "20260131" }, error: "MovedTagError" },
    ],
    [
      "The release of an unknown command failed: InvalidReleaseRequestError",
      { ...FAILED, asked: {}, error: "InvalidReleaseRequestError" },
    ],
    ["The release of greet was stopped", { status: "ABORTED" }],
    ["The release of greet timed out", { status: "TIMED_OUT" }],
    [
      "The promotion of greet failed: PromoteRefusedError",
      { ...FAILED, machine: "promote", error: "PromoteRefusedError" },
    ],
    [
      "greet 20260131 is current",
      { machine: "promote", output: { cmd: "greet", version: "20260131", action: "promote" } },
    ],
    [
      "greet 20260131 is withdrawn",
      { machine: "promote", output: { cmd: "greet", version: "20260131", action: "yank" } },
    ],
    [
      "greet 20260131 is no longer withdrawn",
      { machine: "promote", output: { cmd: "greet", version: "20260131", action: "restore" } },
    ],
  ])("is: %s", (subject, execution) => expect(subjectOf(execution)).toBe(subject));

  it("is what SNS takes, whatever was asked for", () => {
    const subject = subjectOf({ ...FAILED, asked: { cmd: `gr\u00fc\u00df\n${"e".repeat(200)}t` } });
    expect(subject).toMatch(/^[ -~]{100}$/);
  });
});

describe("the text", () => {
  it("has the platforms, the patches and what failed", () => {
    expect(textOf({ output: RELEASED })).toBe(
      "greet 20260131 is released.\n\nPlatforms: darwin-arm64, linux-amd64\n" +
        "Patches: 1, and 1 failed: those clients download more\n  darwin-arm64 from 20260101: it was killed\n\nlink\n",
    );
  });

  it.each([
    "FAILED",
    "ABORTED",
    "TIMED_OUT",
  ] as const)("of one that %s says where to see what is current", (status) => {
    expect(textOf({ status })).toContain("`npx hkdist status greet` tells what is current.");
    expect(textOf({ status, asked: {} })).toContain("`npx hkdist status` tells what is current.");
  });

  it("has a failure's cause, which may be long", () => {
    expect(textOf(FAILED)).toContain("BuildFailedError: main.go:3: no");
    expect(textOf({ ...FAILED, cause: "x".repeat(200_000) }).length).toBeLessThan(21_000);
    expect(textOf({ status: "FAILED" })).toContain("No cause was given");
  });
});
