import { execFileSync } from "node:child_process";
import { cpSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../tools/checkout.ts";
import { Repository } from "../../tools/repository.ts";
import { type Product, tagOf, YQ } from "../shared/products.ts";

const MAIN = `package main

import (
	"context"
	"fmt"
	"os"

	"example.com/yq/updater"
	yq "github.com/mikefarah/yq/v4/cmd"
)

var version, directoryURL, artifactsURL string

func main() {
	switch {
	case len(os.Args) == 2 && os.Args[1] == "update":
		u := updater.Updater{DirectoryURL: directoryURL, ArtifactsURL: artifactsURL, Cmd: "yq", Version: version}
		if err := u.Update(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case len(os.Args) == 2 && os.Args[1] == "version":
		fmt.Println(version)
	default:
		if yq.New().Execute() != nil {
			os.Exit(1)
		}
	}
}
`;

/** yq with the updater of examples/greet in it. */
export const SELF_UPDATING: Product = {
  name: "yq",
  versions: YQ.versions,
  command: { mainPackage: ".", versionVariable: "main.version" },
  repository: (folder) => {
    const repository = Repository.empty(folder);
    cpSync(join(root, "examples", "greet", "updater"), join(folder, "updater"), { recursive: true });
    writeFileSync(join(folder, "main.go"), MAIN);
    return repository;
  },
  release: (repository, at) => {
    const { folder } = repository;
    for (const file of ["go.mod", "go.sum"]) rmSync(join(folder, file), { force: true });
    const go = (...args: string[]) => execFileSync("go", args, { cwd: folder, stdio: "pipe" });
    go("mod", "init", "example.com/yq");
    // The example's own version, and what that requires.
    const required = /github\.com\/minio\/selfupdate (\S+)/.exec(
      readFileSync(join(root, "examples", "greet", "go.mod"), "utf8"),
    )?.[1];
    go("get", `github.com/minio/selfupdate@${required}`, `${YQ.command.mainPackage}@${YQ.versions[at]}`);
    go("mod", "tidy");
    repository.commitAndTag(`Release ${at}`, tagOf(at));
  },
};
