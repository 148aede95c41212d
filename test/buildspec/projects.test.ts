import { chmodSync, cpSync, readFileSync, writeFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { root } from "../../tools/checkout.ts";
import { ARTIFACTS, type BuildRun, Lab, PROGRAM, planOf, type Repository } from "./support.ts";

vi.setConfig({ testTimeout: 120_000 });

const HOST = `linux-${process.arch === "arm64" ? "arm64" : "amd64"}`;
const VERSION = "20260122.1";

let lab: Lab;
let repository: Repository;
beforeEach(() => {
  lab = new Lab();
  repository = lab.repository();
});
afterEach(() => lab.remove());

type Variables = Record<string, string>;

/** The source build of what was committed. */
const archive = (environment: Variables = {}) =>
  lab.source({ HKDIST_REPOSITORY: repository.folder, HKDIST_PLATFORMS: HOST, ...environment });

/** Both builds, one after the other, with the same variables; answers the report, and what the program prints. */
async function release(
  environment: Variables = {},
): Promise<{ source: BuildRun; state: string; text: string }> {
  const source = await archive(environment);
  const { exitCode, log } = await lab.compile(planOf(source, HOST), { GOPROXY: "off", ...environment });
  expect(exitCode, log).toBe(0);
  const [[, state = "", message = ""] = []] = lab.report();
  if (state !== "stored") return { source, state, text: message };
  const file = lab.path("installed");
  writeFileSync(file, gunzipSync(lab.object(ARTIFACTS, `tool/${VERSION}/${HOST}.gz`)));
  chmodSync(file, 0o755);
  return { source, state, text: lab.run(lab.folder, file) };
}

const hook = (script: string) => ({
  HKDIST_HOOK: lab.configured("hook.sh", `set -euo pipefail\n${script}\n`),
  HKDIST_HAS_HOOK: "true",
});

describe("a project from before modules", () => {
  const HK = {
    HKDIST_COMMAND: "hk",
    HKDIST_BRANCH: "release",
    HKDIST_IMPORT_PATH: "github.com/heroku/hk",
    HKDIST_BUILD_TAGS: "release",
    HKDIST_VERSION_VARIABLE: "",
    HKDIST_DIRECTORY_URL_VARIABLE: "",
  };
  const hkHook = () => hook(readFileSync(`${root}/examples/hk-relver.sh`, "utf8"));

  /** Builds a command of hk's repository, and answers what the program says of itself. */
  async function releaseHk(cmd: string, branch: string): Promise<string> {
    const environment = { ...HK, HKDIST_COMMAND: cmd, HKDIST_BRANCH: branch, ...hkHook() };
    const source = await archive(environment);
    await lab.compile(planOf(source, HOST), environment);
    expect(lab.report()).toEqual([[HOST, "stored", expect.any(String)]]);
    const file = lab.path("installed");
    writeFileSync(
      file,
      gunzipSync(lab.object(ARTIFACTS, `${cmd}/${source.outcome.TAG.slice(1)}/${HOST}.gz`)),
    );
    chmodSync(file, 0o755);
    return lab.run(lab.folder, file);
  }

  it("like hk is built from its Godeps workspace and relver.go, two commands from two branches", async () => {
    cpSync(`${root}/test/fixtures/hk`, repository.folder, { recursive: true });
    repository.git("switch", "--quiet", "--create", "release");
    repository.commit("v20140604");
    repository.git("switch", "--quiet", "--create", "canary");
    repository.commit("v20140605");
    const urls = "https://directory.example/$default/ https://artifacts.example/ https://artifacts.example/";
    expect(await releaseHk("hk", "release")).toBe(`20140604 word ${urls} home/update/ hk`);
    expect(await releaseHk("hk-canary", "canary")).toBe(`20140605 word ${urls} home/update/ hk-canary`);
  });

  it("is built from its vendor folder, with the exact bytes from any folder", async () => {
    cpSync(`${root}/test/fixtures/hk`, repository.folder, { recursive: true });
    lab.run(repository.folder, "mv", "Godeps/_workspace/src", "vendor");
    repository.commit(`v${VERSION}`);
    const environment = { ...HK, HKDIST_BRANCH: "main", HKDIST_COMMAND: "tool", ...hkHook() };
    const { source, text } = await release(environment);
    expect(text).toContain(`${VERSION} word `);
    const [first] = lab.report();
    await lab.compile(planOf(source, HOST), environment, lab.path("odd, folder %41|#?ü"));
    expect(lab.report()).toEqual([[HOST, "present", first?.[2]]]);
  });

  it("is refused without its import path, and when an import is missing", async () => {
    cpSync(`${root}/test/fixtures/hk`, repository.folder, { recursive: true });
    lab.run(repository.folder, "rm", "-r", "Godeps");
    repository.commit(`v${VERSION}`);
    const without = await archive({ HKDIST_BRANCH: "main" });
    expect(without.outcome.REFUSAL).toBe("NotAGoModuleError");
    expect(without.outcome.REASON).toContain("configure the importPath");
    const { outcome } = await archive({ ...HK, HKDIST_BRANCH: "main" });
    expect(outcome.REFUSAL).toBe("MainPackageError");
    expect(outcome.REASON).toContain("github.com/kr/word");
  });
});

describe("a program gets", () => {
  const facts = `package main

var commit, date, channel string

func init() { directoryURL = commit + " " + date + " " + channel }
`;

  it("the commit and the tag's date, build tags and flags of the linker, in a folder of its own", async () => {
    repository.write({
      "go.mod": PROGRAM["go.mod"],
      "cmd/tool/main.go": PROGRAM["main.go"],
      "cmd/tool/facts.go": `//go:build release\n\n${facts}`,
    });
    const commit = repository.commit();
    const date = { GIT_COMMITTER_DATE: "2026-01-23T01:00:00+0100" };
    lab.runWith(date, repository.folder, "git", "tag", "--annotate", "--message", "Release", `v${VERSION}`);
    const { text, source } = await release({
      HKDIST_MAIN_PACKAGE: "./cmd/tool",
      HKDIST_DIRECTORY_URL_VARIABLE: "",
      HKDIST_COMMIT_VARIABLE: "main.commit",
      HKDIST_DATE_VARIABLE: "main.date",
      HKDIST_BUILD_TAGS: "release,other",
      // The version stays ours, and the program stays without symbols.
      HKDIST_LDFLAGS: "-X 'main.channel=two words' -X main.version=mine -s=false",
    });
    expect(text).toBe(`${VERSION} ${commit} 2026-01-23T00:00:00Z two words none`);
    expect(source.outcome.COMMIT_DATE).toBe("2026-01-22T10:00:00Z");
  });

  it("not a commit or a date that it has no variable for", async () => {
    repository.write(PROGRAM);
    repository.commit(`v${VERSION}`);
    const { state, text } = await release({ HKDIST_COMMIT_VARIABLE: "main.commit" });
    expect([state, text]).toEqual(["failed", expect.stringContaining("main.commit did not get its value")]);
  });
});

it("a program does not know its version by a dependency's of the same day", async () => {
  const pseudo = '\nfunc init() { directoryURL = "v0.0.0-20260122093000-0123456789ab" }\n';
  repository.write({ ...PROGRAM, "main.go": PROGRAM["main.go"] + pseudo });
  repository.commit("v20260122");
  const { state, text } = await release({ HKDIST_VERSION_VARIABLE: "main.misspelt" });
  expect([state, text]).toEqual(["failed", expect.stringContaining("main.misspelt did not get its value")]);
});

describe("a hook may write", () => {
  const { "main.go": main, "go.mod": mod } = PROGRAM;
  const set = (value: string) => `func init() { directoryURL = ${value} }\n`;
  it.each<[string, Record<string, string>, string, string]>([
    [
      "a package",
      { "main.go": main, "use.go": `package main\n\nimport "example.com/tool/gen"\n\n${set("gen.Word")}` },
      `mkdir gen; printf 'package gen\n\nconst Word = "made"\n' >gen/gen.go`,
      ".",
    ],
    [
      "a file that is embedded",
      {
        "main.go": main,
        "use.go": `package main\n\nimport _ "embed"\n\n//go:embed word\nvar word string\n\n${set("word")}`,
      },
      "printf made >word",
      ".",
    ],
    [
      "the main package",
      { "main.tmpl": `${main}\n${set('"made"')}` },
      "mkdir -p cmd/tool; cp main.tmpl cmd/tool/main.go",
      "./cmd/tool",
    ],
  ])("%s", async (_, files, script, mainPackage) => {
    repository.write({ "go.mod": mod, ...files });
    repository.commit(`v${VERSION}`);
    const environment = {
      ...hook(script),
      HKDIST_MAIN_PACKAGE: mainPackage,
      HKDIST_DIRECTORY_URL_VARIABLE: "",
    };
    expect((await release(environment)).text).toBe(`${VERSION} made none`);
  });
});

describe("a hook", () => {
  beforeEach(() => {
    repository.write(PROGRAM);
    repository.commit(`v${VERSION}`);
  });

  it("writes code, with Go, the facts of the release, and nothing of the builder's", async () => {
    const script = `
go version >facts.txt
printf 'package main\\n\\nfunc init() { artifactsURL = "%s" }\\n' \\
  "$HKDIST_COMMAND $HKDIST_VERSION \${#HKDIST_COMMIT} $HKDIST_DATE $SOURCE_DATE_EPOCH \${SECRET-unset} $(cut -c 1-10 facts.txt)" >facts.go`;
    const { text } = await release({ ...hook(script), SECRET: "told" });
    expect(text).toContain(`tool ${VERSION} 40 2026-01-22T10:00:00Z 1769076000 unset go version`);
    expect(lab.reportedSettings()["hook"]).toBe(`set -euo pipefail\n${script}`);
  });

  it("that fails stops every platform, with what it wrote", async () => {
    const source = await archive();
    const { exitCode } = await lab.compile(
      planOf(source, HOST, "windows-amd64"),
      hook("echo no such luck >&2; exit 3"),
    );
    expect(exitCode).toBe(0);
    const failed = expect.stringMatching(/^no such luck\n\(This is what the hook wrote before it failed\.\)/);
    expect(lab.report()).toEqual([
      [HOST, "failed", failed],
      ["windows-amd64", "failed", failed],
    ]);
  });

  it("is what must write the version when no variable gets it", async () => {
    const { state, text } = await release({ ...hook("true"), HKDIST_VERSION_VARIABLE: "" });
    expect(state).toBe("failed");
    expect(text).toContain(`The version ${VERSION} is not in the program`);
  });
});

describe("cgo", () => {
  const SENTENCE = "Written with cgo: example.com/tool/c. Releases are cross-compiled without a C compiler";
  const imports = (body: string) => ({
    ...PROGRAM,
    "use.go": 'package main\n\nimport "example.com/tool/c"\n\nfunc init() { c.F() }\n',
    "c/c.go": 'package c\n\nimport "C"\n\nfunc F() {}\n',
    ...(body ? { "c/more.go": `package c\n\n${body}\n` } : {}),
  });

  it("that the whole package is written with is refused with a sentence", async () => {
    repository.write(imports(""));
    repository.commit(`v${VERSION}`);
    const { outcome } = await archive();
    expect(outcome).toMatchObject({ REFUSAL: "CgoError", ARCHIVE_KEY: "" });
    expect(outcome.REASON).toContain(SENTENCE);
  });

  it("that only the compiler misses is told with its words", async () => {
    repository.write(imports("func G() { F() }"));
    repository.commit(`v${VERSION}`);
    const { state, text } = await release();
    expect(state).toBe("failed");
    expect(text).toContain("undefined: F");
    expect(text).toContain(SENTENCE);
  });

  it("with a replacement in Go is no trouble", async () => {
    repository.write(imports(""));
    repository.write({ "c/pure.go": "//go:build !cgo\n\npackage c\n\nfunc F() {}\n" });
    repository.commit(`v${VERSION}`);
    expect((await release()).state).toBe("stored");
  });
});
