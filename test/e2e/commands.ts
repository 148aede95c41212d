import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import { hostPlatform } from "../../tools/install.ts";
import { lacks } from "../programs.ts";

/** Two are enough to show what holds for several, and each costs half a minute of a cold cache. */
export const PLATFORMS = [hostPlatform(), "windows-amd64"];

/** One command per test that releases, so that no test sees another one's releases. */
export const COMMANDS = [
  "greet",
  "greet-untagged",
  "greet-broken",
  "greet-older",
  "greet-moved",
  "greet-unpublished",
  "greet-lost",
  "greet-stopped",
  "greet-killed",
  "greet-refused",
  "greet-forgiven",
  "greet-patched",
  "greet-damaged",
  "greet-foreign",
  "greet-seeded",
  "greet-deleted",
  "greet-released",
  "greet-imported",
  "greet-undescribed",
  "greet-faulty",
  "greet-promoted",
  "greet-workflow",
  "greet-audited",
  "greet-operated",
  "greet-changed",
] as const;

/** What a command is made from: a program that compiles in no time, or greet where its own behaviour is tested. */
export function sourceOf(cmd: (typeof COMMANDS)[number]): string {
  return cmd === "greet" || cmd === "greet-released" ? "examples/greet" : "test/fixtures/tool";
}

/** A private project from before modules, as hk is: signed, with build tag and hook, read with a token. Host alone. */
export const HK = {
  branch: "release",
  importPath: "github.com/heroku/hk",
  mainPackage: ".",
  buildTags: ["release"],
  hook: join(root, "examples", "hk-relver.sh"),
  credentials: { secret: "test/hk-token", username: "robot" },
  platforms: [hostPlatform()],
};
/** hk's tags are signed with SSH where that can be done. */
export const CAN_SIGN = !lacks(["ssh-keygen"], "releases of signed tags");
export const HK_TOKEN = "hush_0123456789abcdef";

/** A module that only requires somebody else's tool, built for this machine alone. */
export const AGE = {
  mainPackage: "filippo.io/age/cmd/age",
  versionVariable: "main.Version",
  platforms: [hostPlatform()],
};

/** Commands of the directory's tests, which store what they need and build nothing. */
export const STORED = ["hk", "hk-canary", "hkstaging"] as const;
