import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import { Repository } from "../../tools/repository.ts";

export interface Product {
  name: string;
  /** What its releases are of, as people call them, oldest first. */
  versions: readonly string[];
  /** Its configuration, but for repository, branch and platforms. */
  command: { mainPackage: string; versionVariable: string } & Record<string, string>;
  repository: (folder: string) => Repository;
  /** Commits and tags the release of `versions[at]`. */
  release: (repository: Repository, at: number) => void;
}

/** What a product's release number `at` is tagged as. Its version is the same without the `v`. */
export const tagOf = (at: number) => `v202601${String(at + 10)}`;

export const GREET: Product = {
  name: "greet",
  versions: ["Hello", "Good day", "Welcome", "Salve", "Good to see you"],
  command: {
    mainPackage: ".",
    versionVariable: "main.version",
    directoryUrlVariable: "main.directoryURL",
    artifactsUrlVariable: "main.artifactsURL",
  },
  repository: (folder) => Repository.from("examples/greet", folder),
  release: (repository, at) => {
    const source = readFileSync(join(root, "examples", "greet", "main.go"), "utf8");
    const greeting = `${GREET.versions[at]},`;
    writeFileSync(join(repository.folder, "main.go"), source.replace("Hello,", greeting));
    repository.commitAndTag(greeting, tagOf(at));
  },
};

// Not v1.3.0, which takes its version from nowhere but its own module.
const AGE_VERSIONS = ["v1.1.1", "v1.2.0", "v1.2.1", "v1.3.1", "v1.3.2"];
export const AGE = requiring("age", "filippo.io/age/cmd/age", "main.Version", AGE_VERSIONS);
const YQ_PACKAGE = "github.com/mikefarah/yq/v4";
const YQ_VERSIONS = ["v4.45.1", "v4.47.2", "v4.53.5", "v4.53.6", "v4.54.1"];
export const YQ = requiring("yq", YQ_PACKAGE, `${YQ_PACKAGE}/cmd.Version`, YQ_VERSIONS);
const HUGO_PACKAGE = "github.com/gohugoio/hugo";
export const HUGO = requiring("hugo", HUGO_PACKAGE, `${HUGO_PACKAGE}/common/hugo.vendorInfo`, [
  "v0.160.0",
  "v0.160.1",
]);

/** A module that only requires somebody else's tool, of which there are real releases. */
function requiring(
  name: string,
  mainPackage: string,
  versionVariable: string,
  versions: readonly string[],
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
      repository.commitAndTag(`Release ${at}`, tagOf(at));
    },
  };
}
