import type { Config } from "./lib/config/schema.ts";

/**
 * What this deployment releases. Every field is described in lib/config/schema.ts; `npx cdk synth` checks them all.
 * Replace `greet` by your own command.
 */
export default {
  commands: {
    greet: {
      repository: "https://github.com/your-organisation/greet.git",
      branch: "main",
      mainPackage: ".",
      versionVariable: "main.version",
      directoryUrlVariable: "main.directoryURL",
      artifactsUrlVariable: "main.artifactsURL",
      platforms: [
        "darwin-amd64",
        "darwin-arm64",
        "freebsd-386",
        "freebsd-amd64",
        "freebsd-arm",
        "linux-386",
        "linux-amd64",
        "linux-arm",
        "linux-arm64",
        "windows-386",
        "windows-amd64",
        "windows-arm64",
      ],
    },
  },
} satisfies Config;
