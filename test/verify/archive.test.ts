import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, it, onTestFinished } from "vitest";
import { archiveOfCommit } from "../../verify/archive.ts";
import type { Statement } from "../../verify/statement.ts";
import type { Workshop } from "../../verify/workshop.ts";

const TAG = "v20260131";
const BUILD = {
  platforms: ["linux-amd64"],
  execution: "run-1",
  archive: { key: "", sha256: "" },
  settings: { HKDIST_COMMAND: "other" },
  flags: [],
};
const KEY = { ARCHIVE_KEY: "sources/greet/20260131/x.tar.gz", ARCHIVE_SHA256: "c".repeat(64) };

let folder: string;
let good: string;
let evil: string;
let given: Record<string, string>;
const git = (at: string, ...args: string[]) => {
  const who = ["-c", "user.name=A", "-c", "user.email=a@example.com"];
  return execFileSync("git", [...who, ...args], { cwd: join(folder, at), encoding: "utf8" }).trim();
};
const commit = (words: string) => {
  git("origin", "commit", "--quiet", "--allow-empty", "--message", words);
  return git("origin", "rev-parse", "HEAD");
};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "hkdist-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  git("", "init", "--quiet", "origin");
  git("origin", "config", "uploadpack.allowAnySHA1InWant", "true");
  good = commit("good");
  git("origin", "tag", TAG);
  evil = commit("evil");
});

/** Plays source.sh up to what it archives: what the tag names in the copy. */
const workshop = (archived?: string) =>
  ({
    path: (...parts: string[]) => join(folder, ...parts),
    runScript: async (_: string, settings: Record<string, string>) => {
      given = settings;
      const COMMIT = archived ?? git("repository.git", "rev-parse", `refs/tags/${TAG}^{commit}`);
      return { OUTCOME: "archived", COMMIT, ...KEY };
    },
  }) as unknown as Workshop;
const make = (change: Partial<Statement> = {}, archived?: string) => {
  const statement = { tag: TAG, commit: good, tagObject: good, goVersion: "1.26.8", ...change } as Statement;
  const origin = join(folder, "origin");
  return archiveOfCommit(workshop(archived), { cmd: "greet" }, statement, BUILD, ["linux-amd64"], origin);
};
const ARCHIVE = { key: KEY.ARCHIVE_KEY, sha256: KEY.ARCHIVE_SHA256 };

it("is of the stated commit, for the command that is asked for", async () => {
  expect(await make()).toEqual({ ...ARCHIVE, tagTrouble: undefined });
  expect(given).toMatchObject({ HKDIST_COMMAND: "greet", HKDIST_TAG: TAG });
});

it("is not of a tag object that names another commit", async () => {
  git("origin", "tag", "--annotate", "--message", "Evil", "v20260201", evil);
  const tagObject = git("origin", "rev-parse", "v20260201");
  // In the repository under the very name, so that the copy has it.
  git("origin", "update-ref", `refs/tags/${TAG}`, tagObject);
  const { tagTrouble } = await make({ tagObject });
  expect(git("repository.git", "rev-parse", `refs/tags/${TAG}`)).toBe(good);
  expect(tagTrouble).toContain(`has ${TAG} at another commit, ${evil}`);
});

it("is none when another commit was archived", async () => {
  await expect(make({}, evil)).rejects.toThrow(`is commit ${evil}, not ${good}`);
});

it("tells that the tag has gone", async () => {
  git("origin", "tag", "--delete", TAG);
  expect((await make()).tagTrouble).toContain(`has no tag ${TAG}`);
});

it("is missing when the repository does not have the commit", async () => {
  await expect(make({ commit: "d".repeat(40) })).rejects.toMatchObject({
    name: "CommitMissingError",
    message: expect.stringContaining("does not have it any more"),
  });
});
