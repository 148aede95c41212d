import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../tools/repository.ts";

/** The nine of the original's platforms that Go still builds, and today's three. */
export const PLATFORMS = [
  ...["darwin-amd64", "darwin-arm64", "freebsd-386", "freebsd-amd64", "freebsd-arm", "linux-386"],
  ...["linux-amd64", "linux-arm", "linux-arm64", "windows-386", "windows-amd64", "windows-arm64"],
];

export interface Product {
  name: string;
  /** Its configuration, but for repository, branch and platforms. */
  command: Record<string, string>;
  repository: (folder: string) => Repository;
  /** Commits and tags the first (0) or second (1) release. */
  release: (repository: Repository, at: number) => void;
}

const TAGS = ["v20260131", "v20260201"] as const;
const AGE_VERSIONS = ["v1.3.1", "v1.3.2"] as const;

export const PRODUCTS: Product[] = [
  {
    name: "greet",
    command: {
      mainPackage: ".",
      versionVariable: "main.version",
      directoryUrlVariable: "main.directoryURL",
      artifactsUrlVariable: "main.artifactsURL",
    },
    repository: (folder) => Repository.from("examples/greet", folder),
    release: (repository, at) => {
      const file = join(repository.folder, "main.go");
      if (at === 1) writeFileSync(file, readFileSync(file, "utf8").replace("Hello,", "Good to see you,"));
      repository.commitAndTag(`Release ${at}`, TAGS[at] ?? "");
    },
  },
  {
    // A module that only requires somebody else's tool, of which there are two real releases.
    name: "age",
    command: { mainPackage: "filippo.io/age/cmd/age", versionVariable: "main.Version" },
    repository: (folder) => Repository.empty(folder),
    release: (repository, at) => {
      for (const name of ["go.mod", "go.sum"]) rmSync(join(repository.folder, name), { force: true });
      const go = (...args: string[]) => execFileSync("go", args, { cwd: repository.folder, stdio: "pipe" });
      go("mod", "init", "example.com/release-age");
      go("get", `filippo.io/age/cmd/age@${AGE_VERSIONS[at]}`);
      repository.commitAndTag(`Release ${at}`, TAGS[at] ?? "");
    },
  },
];
