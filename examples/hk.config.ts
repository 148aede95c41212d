import type { Config } from "../lib/config/schema.ts";

/**
 * heroku/hk, the tool whose update protocol this is: a project from before modules, with its dependencies in a Godeps
 * workspace. `hk` comes from the branch `release`, `hk-canary` from `canary`.
 */
const hk = {
  repository: "https://github.com/heroku/hk.git",
  importPath: "github.com/heroku/hk",
  mainPackage: ".",
  buildTags: ["release"],
  hook: "hk-relver.sh",
  // Without signers whoever can push a tag can release. Where not the same people may do so for both commands, each needs
  // its own, for a signature does not say for which branch it is: signers: { gpg: "release-keys.asc" }
  // Those that hk was always built for, without darwin-386, and their successors.
  platforms: [
    ...["darwin-amd64", "darwin-arm64"],
    ...["freebsd-386", "freebsd-amd64", "freebsd-arm"],
    ...["linux-386", "linux-amd64", "linux-arm", "linux-arm64"],
    ...["windows-386", "windows-amd64", "windows-arm64"],
  ],
};

export default {
  commands: {
    hk: { ...hk, branch: "release" },
    "hk-canary": { ...hk, branch: "canary" },
  },
} satisfies Config;
