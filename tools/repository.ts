import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { root } from "./checkout.ts";

/** A git repository in a folder, untouched by the user's git settings. */
export class Repository {
  readonly folder: string;

  /** Starts a repository on branch main in a folder that is emptied. */
  static empty(folder: string): Repository {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { recursive: true });
    const repository = new Repository(folder);
    repository.git("init", "--quiet", "--initial-branch=main");
    return repository;
  }

  /** Starts a repository with the files of a folder of this checkout, not yet committed. */
  static from(source: string, folder: string): Repository {
    const repository = Repository.empty(folder);
    cpSync(join(root, source), folder, { recursive: true });
    return repository;
  }

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Commits everything and puts an annotated tag on it. */
  commitAndTag(message: string, tag: string): void {
    this.commit(message);
    this.git("tag", "--annotate", "--message", message, tag);
  }

  commit(message: string): void {
    this.git("add", "--all");
    this.git("commit", "--quiet", "--allow-empty", "--message", message);
  }

  /** Runs git in the repository and returns its output. */
  git(...args: string[]): string {
    return execFileSync("git", args, {
      cwd: this.folder,
      encoding: "utf8",
      timeout: 60_000,
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        PATH: process.env["PATH"],
        HOME: this.folder,
        GIT_CONFIG_NOSYSTEM: "1",
        GIT_AUTHOR_NAME: "hkdist",
        GIT_AUTHOR_EMAIL: "hkdist@example.com",
        GIT_COMMITTER_NAME: "hkdist",
        GIT_COMMITTER_EMAIL: "hkdist@example.com",
      },
    }).trim();
  }
}
