import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Repository } from "../../tools/repository.ts";

export interface Product {
  name: string;
  /** What the first (0) and second (1) release are of, as people call them. */
  versions: readonly [string, string];
  /** Its configuration, but for repository, branch and platforms. */
  command: { mainPackage: string; versionVariable: string } & Record<string, string>;
  repository: (folder: string) => Repository;
  /** Commits and tags the first (0) or second (1) release. */
  release: (repository: Repository, at: number) => void;
}

/** What both releases are tagged as; their versions are the same without the `v`. */
export const TAGS = ["v20260131", "v20260201"] as const;

export const GREET: Product = {
  name: "greet",
  versions: TAGS,
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
};

export const AGE = requiring("age", "filippo.io/age/cmd/age", "main.Version", ["v1.3.1", "v1.3.2"]);
const YQ_PACKAGE = "github.com/mikefarah/yq/v4";
export const YQ = requiring("yq", YQ_PACKAGE, `${YQ_PACKAGE}/cmd.Version`, ["v4.53.6", "v4.54.1"]);
const HUGO_PACKAGE = "github.com/gohugoio/hugo";
export const HUGO = requiring("hugo", HUGO_PACKAGE, `${HUGO_PACKAGE}/common/hugo.vendorInfo`, [
  "v0.160.0",
  "v0.160.1",
]);

/** A module that only requires somebody else's tool, of which there are two real releases. */
function requiring(
  name: string,
  mainPackage: string,
  versionVariable: string,
  versions: readonly [string, string],
): Product {
  return {
    name,
    versions,
    command: { mainPackage, versionVariable },
    repository: (folder) => Repository.empty(folder),
    release: (repository, at) => {
      for (const file of ["go.mod", "go.sum"]) rmSync(join(repository.folder, file), { force: true });
      const go = (...args: string[]) => execFileSync("go", args, { cwd: repository.folder, stdio: "pipe" });
      go("mod", "init", `example.com/release-${name}`);
      go("get", `${mainPackage}@${versions[at]}`);
      repository.commitAndTag(`Release ${at}`, TAGS[at] ?? "");
    },
  };
}
