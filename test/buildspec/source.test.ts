import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Lab, PROGRAM, type Repository, SOURCES } from "./support.ts";

vi.setConfig({ testTimeout: 60_000 });

let lab: Lab;
let repository: Repository;
beforeEach(() => {
  lab = new Lab();
  repository = lab.repository();
  repository.write(PROGRAM);
});
afterEach(() => lab.remove());

const release = (environment: Record<string, string | undefined> = {}) =>
  lab.source({ HKDIST_REPOSITORY: repository.folder, ...environment });

/** The archive's listing, or the content of one of its files. */
function archived(key: string, ...more: string[]): string {
  const archive = lab.path("objects", SOURCES, key);
  return lab.run(lab.folder, "tar", ...(more.length > 0 ? ["-xzOf", archive, ...more] : ["-tvzf", archive]));
}

describe("the tag", () => {
  // Commits in order, each with its tags; the branch is at the last one unless `side` commits follow it elsewhere.
  const cases: {
    name: string;
    commits: string[][];
    side?: string[];
    ask?: string;
    expected: string;
    onBranch?: string;
  }[] = [
    { name: "the head's only tag", commits: [["v20260122"]], expected: "v20260122" },
    { name: "numbers, not text", commits: [["v20140529.2", "v20140529.10"]], expected: "v20140529.10" },
    { name: "a number after none", commits: [["v20140529.1", "v20140529"]], expected: "v20140529.1" },
    { name: "a leap day", commits: [["v20240229"]], expected: "v20240229" },
    {
      name: "malformed tags are no candidates",
      commits: [
        [
          "v20260122",
          "v20260230",
          "v20260122.0",
          "v20260122.01",
          "v99999999",
          "v1.2.3",
          "20260123",
          "x/v20260123",
        ],
      ],
      expected: "v20260122",
    },
    { name: "no tag", commits: [[]], expected: "TagNotFoundError" },
    { name: "only malformed tags", commits: [["v20230229", "v1.0.0"]], expected: "TagNotFoundError" },
    { name: "a head without a tag", commits: [["v20260122"], []], expected: "HeadNotTaggedError" },
    {
      name: "a newer tag behind the head",
      commits: [["v20260123"], ["v20260122"]],
      expected: "HeadNotTaggedError",
    },
    { name: "newer tags elsewhere", commits: [["v20260122"]], side: ["v20260125"], expected: "v20260122" },
    { name: "an explicit tag", commits: [["v20260121"], []], ask: "v20260121", expected: "v20260121" },
    {
      name: "an explicit tag elsewhere",
      commits: [["v20260122"]],
      side: ["v20260125"],
      ask: "v20260125",
      expected: "v20260125",
      onBranch: "false",
    },
    {
      name: "an explicit tag that is not there",
      commits: [["v20260122"]],
      ask: "v20260123",
      expected: "TagNotFoundError",
    },
    ...[
      "v20260230",
      "v20230229",
      "v20260122.0",
      "v20260122.1234567890",
      "v01230101",
      "20260122",
      "v20260122\n",
      "-d",
      "main",
    ].map((ask) => ({
      name: `explicit ${JSON.stringify(ask)}`,
      commits: [["v20260122"]],
      ask,
      expected: "MalformedTagError",
    })),
  ];

  it.each(cases)("$name: $expected", async ({ commits, side, ask, expected, onBranch = "true" }) => {
    for (const tags of commits) repository.commit(...tags);
    if (side) {
      repository.git("switch", "--quiet", "--create", "side");
      repository.commit(...side);
    }

    const { exitCode, outcome } = await release({ HKDIST_TAG: ask, HKDIST_PLATFORMS: "linux-amd64" });

    expect(exitCode).toBe(0);
    if (expected.endsWith("Error")) {
      expect(outcome).toMatchObject({ OUTCOME: "refused", REFUSAL: expected, ARCHIVE_KEY: "" });
      expect(outcome.REASON).toMatch(/^[ -~]{20,}$/);
    } else {
      expect(outcome).toMatchObject({
        OUTCOME: "archived",
        REFUSAL: "",
        TAG: expected,
        COMMIT: repository.git("rev-parse", expected),
        TAG_OBJECT: repository.git("rev-parse", expected),
        TAG_ON_BRANCH: onBranch,
        COMMIT_DATE: "2026-01-22T10:00:00Z",
        SIGNER: "",
      });
    }
  });

  it("of an untagged head is told with both commits", async () => {
    const tagged = repository.commit("v20260122");
    const head = repository.commit();
    const { outcome } = await release();
    for (const text of ["v20260122", tagged, head]) expect(outcome.REASON).toContain(text);
  });

  it("has an object of its own when annotated", async () => {
    const commit = repository.commit();
    repository.git("tag", "--annotate", "--message", "first", "v20260122");
    const { outcome } = await release();
    expect(outcome.COMMIT).toBe(commit);
    expect(outcome.TAG_OBJECT).toBe(repository.git("rev-parse", "refs/tags/v20260122"));
    expect(outcome.TAG_OBJECT).not.toBe(commit);
  });

  it("must name a commit", async () => {
    repository.commit();
    repository.git("tag", "v20260122", "HEAD^{tree}");
    const { outcome } = await release({ HKDIST_TAG: "v20260122" });
    expect(outcome.REFUSAL).toBe("MalformedTagError");
  });
});

describe("the archive", () => {
  it("holds the tree as committed and the modules, and is the same from every folder", async () => {
    lab.publishDependency();
    repository.write({
      "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/dep v1.0.0\n`,
      "dep.go": 'package main\n\nimport "example.com/dep"\n\nconst word = dep.Word\n',
      ".gitattributes":
        "ignored.txt export-ignore\nsubst.txt export-subst\ncrlf.txt eol=crlf\nident.txt ident\nlfs.txt filter=lfs\n",
      "ignored.txt": "kept",
      "subst.txt": "$Format:%H %d$",
      "crlf.txt": "a\nb\n",
      "ident.txt": "$Id$",
      "lfs.txt": "version https://git-lfs.github.com/spec/v1\n",
      "odd/-n $(touch pwned) 'x' \"y\" \\ü\nz": "odd",
      ".go-version": "1.2.3\n",
    });
    symlinkSync("odd/../go.mod", repository.path("link"));
    symlinkSync("..", repository.path("odd", "top"));
    repository.sum();
    repository.git("add", "--all");
    repository.git("update-index", "--add", "--cacheinfo", `160000,${"1".repeat(40)},submodule`);
    repository.git("commit", "--quiet", "--message", "tree");
    repository.git("tag", "v20260122.3");

    const first = await release();
    const stored = lab.putOptions(SOURCES, first.outcome.ARCHIVE_KEY);
    const second = await release({
      GOFLAGS: "-mod=mod -tags=x",
      GOOS: "plan9",
      GIT_DIR: "/nowhere",
      GIT_TRACE: "1",
      GIT_NAMESPACE: "elsewhere",
      GIT_DEFAULT_HASH: "sha256",
      GIT_CONFIG_NOSYSTEM: undefined,
      TAR_OPTIONS: "--totals",
    });

    expect(first.log).toContain("stored as");
    expect(second.log).toContain("present as");
    expect(second.outcome).toEqual(first.outcome);
    expect(first.outcome.ARCHIVE_KEY).toBe(`sources/tool/20260122.3/${first.outcome.ARCHIVE_SHA256}.tar.gz`);
    expect(stored).toEqual(["once true", "--checksum-algorithm SHA256"]);
    expect(first.outcome.GO_VERSION).toMatch(/^1\.\d+(\.\d+)?$/);

    const key = first.outcome.ARCHIVE_KEY;
    const content = (name: string) => archived(key, `src/${name}`);
    expect(content("ignored.txt")).toBe("kept");
    expect(content("subst.txt")).toBe("$Format:%H %d$");
    expect(content("crlf.txt")).toBe("a\nb");
    expect(content("ident.txt")).toBe("$Id$");
    expect(content("lfs.txt")).toContain("git-lfs");
    const listing = archived(key);
    expect(listing).toContain("src/link -> odd/../go.mod");
    expect(listing).toContain("src/submodule/");
    expect(listing).toContain("$(touch pwned)");
    expect(
      listing.split("\n").filter((line) => line.includes("modules/example.com/") && line.startsWith("-")),
    ).toEqual([
      expect.stringMatching(/^-rw-r--r-- 0\/0 .* 1970-01-01 .* modules\/example.com\/dep\/@v\/v1.0.0.mod$/),
      expect.stringMatching(/modules\/example.com\/dep\/@v\/v1.0.0.zip$/),
    ]);
    expect(readFileSync(lab.path("objects", SOURCES, key)).subarray(0, 8)).toEqual(
      Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0]),
    );
  });

  it("takes a vendor folder as it is", async () => {
    lab.publishDependency();
    repository.write({
      "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/dep v1.0.0\n`,
      "dep.go": 'package main\n\nimport "example.com/dep"\n\nconst word = dep.Word\n',
    });
    repository.sum();
    lab.run(repository.folder, "go", "mod", "vendor");
    repository.commit("v20260122");
    const { outcome } = await release({ GOPROXY: "off" });
    expect(outcome.OUTCOME).toBe("archived");
    expect(archived(outcome.ARCHIVE_KEY)).not.toContain("modules/example.com");
  });

  it("is put again after a conflict, and a put that keeps failing fails the build", async () => {
    repository.commit("v20260122");
    lab.failPuts(
      "An error occurred (ConditionalRequestConflict) when calling the PutObject operation: try again",
    );
    expect((await release()).outcome.OUTCOME).toBe("archived");
    lab.failPuts(
      ...Array<string>(3).fill("An error occurred (AccessDenied) when calling the PutObject operation: no"),
    );
    const { exitCode, log } = await release();
    expect(exitCode).not.toBe(0);
    expect(log).toContain("AccessDenied");
  });

  it("is made although one platform cannot be loaded: its build will say why", async () => {
    repository.write({ "broken_windows.go": "garbage" });
    repository.commit("v20260122");
    const { outcome, log } = await release();
    expect(outcome.OUTCOME).toBe("archived");
    expect(log).toContain("windows-amd64 cannot be loaded: expected 'package', found garbage");
  });
});

describe("a refusal", () => {
  const cases: {
    name: string;
    files: Record<string, string>;
    remove?: string;
    environment?: Record<string, string>;
    refusal: string;
    reason: string;
  }[] = [
    { name: "no go.mod", files: {}, remove: "go.mod", refusal: "NotAGoModuleError", reason: "no go.mod" },
    {
      name: "a broken go.mod",
      files: { "go.mod": "modul x" },
      refusal: "NotAGoModuleError",
      reason: "unknown directive: modul",
    },
    {
      name: "a main package that is not there",
      files: {},
      environment: { HKDIST_MAIN_PACKAGE: "./cmd/tool" },
      refusal: "MainPackageError",
      reason: "directory not found",
    },
    {
      name: "a package that is not main",
      files: { "main.go": "package tool\n" },
      refusal: "MainPackageError",
      reason: "must be one package named main, but it is 1 (tool)",
    },
    {
      name: "several packages",
      files: { "lib/lib.go": "package lib\n" },
      environment: { HKDIST_MAIN_PACKAGE: "./..." },
      refusal: "MainPackageError",
      reason: "it is 2 (main lib)",
    },
    {
      name: "an option in the place of the package",
      files: {},
      environment: { HKDIST_MAIN_PACKAGE: "-toolexec=touch" },
      refusal: "MainPackageError",
      reason: "-toolexec=touch",
    },
    {
      name: "an import that go.mod does not provide",
      files: { "x.go": 'package main\n\nimport _ "example.com/nowhere"\n' },
      refusal: "MainPackageError",
      reason: "cannot find module providing package example.com/nowhere",
    },
    {
      name: "a module that cannot be downloaded",
      files: {
        "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/gone v1.0.0\n`,
        "go.sum":
          "example.com/gone v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\nexample.com/gone v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n",
        "x_windows.go": 'package main\n\nimport _ "example.com/gone"\n',
      },
      refusal: "ModuleDownloadError",
      reason: "no such file or directory",
    },
    {
      name: "a module in a folder that is not there",
      files: {
        "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => ../lib\n`,
        "use.go": 'package main\n\nimport _ "example.com/lib"\n',
      },
      refusal: "OutsideTreeError",
      reason: "replacement directory ../lib does not exist",
    },
    {
      name: "a module that only go.work knows",
      files: {
        "go.work": "go 1.24.0\n\nuse (\n\t.\n\t./lib\n)\n",
        "use.go": 'package main\n\nimport _ "example.com/lib"\n',
        "lib/go.mod": "module example.com/lib\n\ngo 1.24.0\n",
        "lib/lib.go": "package lib\n",
      },
      refusal: "MainPackageError",
      reason: "go.work is not used",
    },
    {
      name: "a Go that is too new",
      files: { "go.mod": "module x\n\ngo 1.999.0\n" },
      refusal: "GoVersionError",
      reason: "go1.999.0",
    },
    {
      name: "a configured Go that does not exist",
      files: {},
      environment: { HKDIST_GO_VERSION: "1.26.999" },
      refusal: "GoVersionError",
      reason: "Go 1.26.999 cannot be had",
    },
    {
      name: "a Go version that is not one",
      files: {},
      environment: { HKDIST_GO_VERSION: "local" },
      refusal: "GoVersionError",
      reason: "exact Go version",
    },
    {
      name: "a branch that is not there",
      files: {},
      environment: { HKDIST_BRANCH: "gone" },
      refusal: "RepositoryError",
      reason: "couldn't find remote ref refs/heads/gone",
    },
    {
      name: "a branch that cannot be one",
      files: {},
      environment: { HKDIST_BRANCH: "a..b*" },
      refusal: "RepositoryError",
      reason: "cannot be the name of a branch",
    },
    {
      name: "a transport that runs commands",
      files: {},
      environment: { HKDIST_REPOSITORY: "ext::sh -c touch% pwned" },
      refusal: "RepositoryError",
      reason: "transport 'ext' not allowed",
    },
    {
      name: "a repository that looks like an option",
      files: {},
      environment: { HKDIST_REPOSITORY: "--upload-pack=touch pwned" },
      refusal: "RepositoryError",
      reason: "blocked",
    },
  ];

  it.each(cases)("of $name", async ({ files, remove, environment, refusal, reason }) => {
    repository.write(files);
    if (remove) rmSync(repository.path(remove));
    repository.commit("v20260122");
    const run = await release(environment);
    expect(run.exitCode).toBe(0);
    expect(run.outcome).toMatchObject({
      OUTCOME: "refused",
      REFUSAL: refusal,
      ARCHIVE_KEY: "",
      ARCHIVE_SHA256: "",
    });
    expect(run.outcome.REASON).toContain(reason);
    expect(existsSync(`${run.cwd}/pwned`)).toBe(false);
    expect(existsSync(`${run.cwd}/work`)).toBe(false);
  });

  it("of a module in a folder outside of the tree", async () => {
    const lib = lab.path("lib");
    repository.write({
      "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/lib v1.0.0\n\nreplace example.com/lib => ${lib}\n`,
      "use.go": 'package main\n\nimport _ "example.com/lib"\n',
      "../lib/go.mod": "module example.com/lib\n\ngo 1.24.0\n",
      "../lib/lib.go": "package lib\n",
    });
    repository.commit("v20260122");
    const { outcome } = await release();
    expect(outcome.REFUSAL).toBe("OutsideTreeError");
    expect(outcome.REASON).toContain(`go.mod replaces a module by the folder ${lib}`);
  });

  it.each(["/etc/hostname", "../x", "a/../../x"])("of a symbolic link to %s", async (target) => {
    symlinkSync(target, repository.path("link"));
    repository.commit("v20260122");
    const { outcome } = await release();
    expect(outcome.REFUSAL).toBe("OutsideTreeError");
    expect(outcome.REASON).toContain(`link is a symbolic link to ${target}.`);
  });

  it.each(["..", ".git"])("of a tree that holds %s", async (name) => {
    repository.commit();
    const git = (input: Buffer, ...args: string[]) =>
      execFileSync("git", args, { cwd: repository.folder, input }).toString().trim();
    const inner = repository.git("rev-parse", "HEAD^{tree}");
    const entry = Buffer.concat([Buffer.from(`40000 ${name}\0`), Buffer.from(inner, "hex")]);
    const tree = git(entry, "hash-object", "-t", "tree", "-w", "--stdin", "--literally");
    const commit = repository.git("commit-tree", tree, "-m", "odd");
    for (const ref of ["heads/main", "tags/v20260122"]) repository.git("update-ref", `refs/${ref}`, commit);
    const { outcome } = await release();
    expect(outcome.REFUSAL).toBe("UnusableTreeError");
    expect(outcome.REASON).toContain(name);
  });

  it.each(["-5", "253402300800", "99999999999999"])("of a tag of the time %s", async (time) => {
    const commit = repository.commit();
    const tag = `object ${commit}\ntype commit\ntag v20260122\ntagger A <a@example.com> ${time} +0000\n\nRelease\n`;
    const id = execFileSync("git", ["hash-object", "-t", "tag", "-w", "--stdin", "--literally"], {
      cwd: repository.folder,
      input: tag,
      encoding: "utf8",
    });
    repository.git("update-ref", "refs/tags/v20260122", id.trim());
    const { outcome } = await release();
    expect(outcome.REFUSAL).toBe("MalformedTagError");
    expect(outcome.REASON).toContain("must be of the years 1970 to 9999");
  });

  it("of a shallow clone", async () => {
    repository.commit();
    repository.commit("v20260122");
    repository.git("clone", "--quiet", "--depth=1", `file://${repository.folder}`, lab.path("shallow"));
    const { outcome } = await release({ HKDIST_REPOSITORY: lab.path("shallow") });
    expect(outcome.REFUSAL).toBe("RepositoryError");
    expect(outcome.REASON).toContain("shallow clone");
  });

  it("does not tell the credentials in the repository's URL", async () => {
    const { outcome, log } = await release({
      HKDIST_REPOSITORY: "https://robot:p@ss-word@127.0.0.1:1/x.git",
    });
    expect(outcome.REFUSAL).toBe("RepositoryError");
    expect(outcome.REASON).toContain("https://***@127.0.0.1:1/x.git");
    expect(log + JSON.stringify(outcome)).not.toMatch(/ss-word|robot/);
  });
});

describe("a hostile repository", () => {
  it("gets nothing run by names of tags and branches, hooks or settings", async () => {
    const branch = "a';>pwned;'$(>pwned)`>pwned`";
    repository.git("switch", "--quiet", "--create", branch);
    repository.commit(
      "v20260122",
      "v20260123$(>pwned)",
      "v20260123`>pwned`",
      "v20260123;>pwned",
      "-v20260123",
    );
    const script = `#!/bin/sh\ntouch ${lab.path("pwned")}\n`;
    for (const hook of ["post-checkout", "reference-transaction", "post-merge", "pre-auto-gc"]) {
      writeFileSync(repository.path(".git", "hooks", hook), script, { mode: 0o755 });
    }
    writeFileSync(lab.path("evil"), script, { mode: 0o755 });
    for (const name of [
      "core.fsmonitor",
      "core.sshCommand",
      "uploadpack.packObjectsHook",
      "filter.lfs.smudge",
      "credential.helper",
    ]) {
      repository.git("config", name, lab.path("evil"));
    }
    repository.git("config", "core.hooksPath", repository.path(".git", "hooks"));

    const { exitCode, outcome, cwd } = await release({ HKDIST_BRANCH: branch });

    expect(exitCode).toBe(0);
    expect(outcome).toMatchObject({ OUTCOME: "archived", TAG: "v20260122" });
    for (const folder of [cwd, lab.folder, repository.folder])
      expect(existsSync(`${folder}/pwned`)).toBe(false);
  });

  it("gets its odd names told as plain text", async () => {
    repository.commit("v20260122");
    const { exitCode, outcome, cwd } = await release({
      HKDIST_TAG: "x';touch pwned;\n$(touch pwned)`touch pwned`\u0007ü",
    });
    expect(exitCode).toBe(0);
    expect(outcome.REASON).toContain(
      "The tag 'x';touch pwned; $(touch pwned)`touch pwned`' is not a version tag",
    );
    expect(existsSync(`${cwd}/pwned`)).toBe(false);
  });
});
