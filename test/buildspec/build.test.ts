import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { readBuildLog } from "../../cli/execution/build-log.ts";
import { ARTIFACTS, Lab, type Plan, PROGRAM, planOf, SOURCES } from "./support.ts";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const HOST = `linux-${process.arch === "arm64" ? "arm64" : "amd64"}`;

/** Archives a program, with one dependency and a file that does not compile for Windows. */
async function archive(lab: Lab, files: Record<string, string> = {}): Promise<Plan> {
  lab.publishDependency();
  const repository = lab.repository();
  repository.write({
    ...PROGRAM,
    "go.mod": `${PROGRAM["go.mod"]}\nrequire example.com/dep v1.0.0\n`,
    "dep.go": 'package main\n\nimport "example.com/dep"\n\nfunc init() { directoryURL += " " + dep.Word }\n',
    "broken_windows.go": "package main\n\nvar _ = nothing\n",
    "tagged.go": "//go:build leaked\n\npackage main\n\nfunc init() { leaked() }\n",
    ...files,
  });
  repository.sum();
  repository.commit("v20260122.1");
  return planOf(await lab.source({ HKDIST_REPOSITORY: repository.folder }), HOST);
}

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const KEY = `tool/20260122.1/${HOST}.gz`;

/** Runs the stored binary. */
function output(lab: Lab): string {
  const file = lab.path("installed");
  writeFileSync(file, gunzipSync(lab.object(ARTIFACTS, KEY)));
  chmodSync(file, 0o755);
  return lab.run(lab.folder, file);
}

/** Crashes when it gets an argument. */
const CRASH = `package main

import "os"

func init() {
	if len(os.Args) > 1 {
		crash()
	}
}

//go:noinline
func crash() { panic("on purpose") }
`;

describe("a build", () => {
  let lab: Lab;
  let plan: Plan;
  beforeAll(async () => {
    lab = new Lab();
    plan = await archive(lab, { "crash.go": CRASH });
  });
  afterAll(() => lab.remove());

  it("stores each platform that compiles and reports each that does not", async () => {
    const platforms = ["windows-amd64", HOST, "linux-nonsense"];
    const { exitCode, log } = await lab.compile(
      { ...plan, platforms },
      { GOPROXY: "off", HKDIST_TEAM_TOKEN: "not to be told" },
    );

    expect(exitCode, log).toBe(0);
    const stored = lab.object(ARTIFACTS, KEY);
    const binary = gunzipSync(stored);
    expect(lab.report()).toEqual([
      ["windows-amd64", "failed", expect.stringContaining("broken_windows.go:3:9: undefined: nothing")],
      // Compiled while the one before it was being stored.
      ["linux-nonsense", "failed", expect.stringContaining("unsupported GOOS/GOARCH pair linux/nonsense")],
      [HOST, "stored", sha256(binary)],
    ]);
    expect(output(lab)).toBe("20260122.1 https://directory.example/$default/ dep none");

    // Deflate with a name and nothing else, no time, best compression, made on Unix; then the name.
    const name = "tool-20260122.1\0";
    expect(stored.subarray(0, 10)).toEqual(Buffer.from([0x1f, 0x8b, 8, 8, 0, 0, 0, 0, 2, 3]));
    expect(stored.subarray(10, 10 + name.length).toString()).toBe(name);
    // Nothing follows the one member: its trailer has the size of the whole binary.
    expect(stored.readUInt32LE(stored.length - 4)).toBe(binary.length);
    expect(lab.putOptions(ARTIFACTS, KEY)).toEqual([
      "once true",
      "--checksum-algorithm SHA256",
      "--content-type application/gzip",
      "--content-disposition attachment",
      "--cache-control public, max-age=31536000, immutable",
    ]);
    expect(log).toMatch(new RegExp(`^${HOST} built in \\d+ s, \\d,\\d{3},\\d{3} bytes$`, "m"));
    expect(log).toMatch(new RegExp(`^${HOST} stored, \\d{3},\\d{3} bytes$`, "m"));
    // What people see of it while it runs.
    const seconds = expect.any(Number);
    const failed = (words: string) => {
      return { built: false, seconds, messages: expect.arrayContaining([expect.stringContaining(words)]) };
    };
    expect(readBuildLog(log.split("\n")).platforms).toEqual([
      { platform: "windows-amd64", outcome: failed("broken_windows.go:3:9: undefined: nothing") },
      { platform: HOST, outcome: { built: true, seconds, size: binary.length, gzSize: stored.length } },
      { platform: "linux-nonsense", outcome: failed("unsupported GOOS/GOARCH pair") },
    ]);
  });

  it("tells what is in each binary, and how it was made", async () => {
    expect(lab.reportedModules(HOST)).toMatch(
      /^binary: go1\.\d+\S*\n\tpath\texample\.com\/tool\n\tmod\texample\.com\/tool\t\(devel\)\t\n\tdep\texample\.com\/dep\tv1\.0\.0\th1:/,
    );
    expect(lab.reportedSettings()).toEqual({
      archiveKey: plan.archiveKey,
      archiveSha256: plan.archiveSha256,
      flags: [
        "-tags=",
        "-mod=readonly",
        "-trimpath",
        "-ldflags",
        "-s -w -buildid= -X 'main.version=20260122.1' -X 'main.directoryURL=https://directory.example/$default/'",
      ].join("\n"),
      HKDIST_ARTIFACTS_URL: "https://artifacts.example/",
      HKDIST_ARTIFACTS_URL_VARIABLE: "",
      HKDIST_COMMAND: "tool",
      HKDIST_DIRECTORY_URL: "https://directory.example/$default/",
      HKDIST_DIRECTORY_URL_VARIABLE: "main.directoryURL",
      HKDIST_MAIN_PACKAGE: ".",
      HKDIST_VERSION_VARIABLE: "main.version",
    });
  });

  it("leaves the program its stack traces and its list of modules, though not its symbols", () => {
    expect(output(lab)).toContain("20260122.1");
    const program = lab.path("installed");
    const { stderr } = spawnSync(program, ["crash"], { encoding: "utf8" });
    expect(stderr).toMatch(/panic: on purpose.*main\.crash\(\)\n\t\S*crash\.go:12 /s);
    expect(lab.run(lab.folder, "go", "version", "-m", program)).toContain("\tdep\texample.com/dep\tv1.0.0\t");
  });

  it("gives the same bytes in another folder at another time, on every platform", async () => {
    const ALL = [HOST, "darwin-arm64", "linux-arm"];
    const make = async (platforms: string[], environment: Record<string, string>, folder: string) => {
      const version = { ...plan, version: "20260125", platforms };
      const { exitCode, log } = await lab.compile(version, environment, lab.path(folder));
      expect(exitCode, log).toBe(0);
      const keys = platforms.map((platform) => `tool/20260125/${platform}.gz`);
      const made = keys.map((key) => sha256(lab.object(ARTIFACTS, key)));
      for (const key of keys) rmSync(lab.path("objects", ARTIFACTS, key));
      return made;
    };
    const first = await make(ALL, {}, "first");
    expect(await make(ALL, {}, "another folder")).toEqual(first);
    // And with nothing that Go kept, for one of them: that takes half a minute.
    if (!process.env["HKDIST_TEST_ALL"]) return;
    const anew = await make([HOST], { GOCACHE: mkdtempSync(lab.path("cache-")) }, "third");
    expect(anew).toEqual(first.slice(0, 1));
  });

  it("does not take over what this host's Go was packaged with", async () => {
    // A Go as distributions make them: with settings of theirs in go.env.
    const goroot = lab.path("packaged-go");
    mkdirSync(goroot);
    const real = lab.run(lab.folder, "go", "env", "GOROOT");
    for (const name of readdirSync(real)) symlinkSync(join(real, name), join(goroot, name));
    for (const name of ["bin", "go.env"]) rmSync(join(goroot, name), { force: true });
    mkdirSync(join(goroot, "bin"));
    // By its own path it knows where its root is.
    copyFileSync(join(real, "bin", "go"), join(goroot, "bin", "go"));
    const settings =
      "GOTOOLCHAIN=local\nGOAMD64=v3\nGOARM64=v9.0\nGOARM=5\nGO386=softfloat\nGOFLAGS=-tags=leaked\n";
    writeFileSync(join(goroot, "go.env"), settings);

    const [, , hash] = (await lab.compile(plan).then(() => lab.report()))[0] ?? [];
    const PATH = `${join(goroot, "bin")}:${lab.environment()["PATH"]}`;
    const { exitCode, log } = await lab.compile(plan, { PATH });
    expect(exitCode, log).toBe(0);
    expect(lab.report()).toEqual([[HOST, "present", hash]]);
  });

  it("finds its own bytes there, from any folder, whatever the caller's environment and home", async () => {
    const [, , hash] = lab.report().find(([platform]) => platform === HOST) ?? [];
    const before = lab.object(ARTIFACTS, KEY);
    mkdirSync(lab.path("home", ".config", "go"), { recursive: true });
    writeFileSync(lab.path("home", ".config", "go", "env"), "GOFLAGS=-tags=leaked\nGOAMD64=v3\n");
    const callers = [
      {
        GOFLAGS: "-tags=leaked -race",
        GOOS: "plan9",
        GOARCH: "arm",
        GOAMD64: "v3",
        GOARM64: "v9.0",
        GOEXPERIMENT: "rangefunc",
        GODEBUG: "gocachehash=1",
        CGO_ENABLED: "1",
        CGO_CFLAGS: "-bad",
        GOROOT: "/nowhere",
        GOWORK: "/nowhere/go.work",
        GZIP: "-1",
      },
      { HOME: undefined },
      { HOME: "/dev/null", GOCACHE: lab.path("cache") },
    ];
    const folder = lab.path("odd, folder %41|#?\u00fc");
    for (const [index, caller] of callers.entries()) {
      const { exitCode, log } = await lab.compile(
        plan,
        { GOPROXY: "off", ...caller },
        index === 0 ? folder : undefined,
      );
      expect(exitCode, log).toBe(0);
      expect(lab.report()).toEqual([[HOST, "present", hash]]);
    }
    expect(lab.object(ARTIFACTS, KEY)).toEqual(before);
  });

  it("keeps what was stored first, and reports the hash of its own binary", async () => {
    const first = lab.object(ARTIFACTS, KEY);
    const { exitCode, log } = await lab.compile(plan, { HKDIST_DIRECTORY_URL: "https://other.example/" });
    expect(exitCode, log).toBe(0);
    expect(lab.object(ARTIFACTS, KEY)).toEqual(first);
    const [report] = lab.report();
    expect(report?.[1]).toBe("present");
    expect(report?.[2]).not.toBe(sha256(gunzipSync(first)));
  });

  it("puts again after a conflict; when it cannot store, it fails and leaves a report", async () => {
    const refused = "An error occurred (AccessDenied) when calling the PutObject operation: no";
    const version = { ...plan, version: "20260123" };
    lab.failPuts(refused, refused, refused);
    const failed = await lab.compile({ ...version, platforms: ["windows-amd64", HOST] });
    expect(failed.exitCode).toBe(1);
    expect(failed.log).toContain(`could not store s3://${ARTIFACTS}/tool/20260123/${HOST}.gz: ${refused}`);
    expect(lab.report()).toEqual([["windows-amd64", "failed", expect.any(String)]]);

    // What was compiled meanwhile is told, too.
    lab.failPuts(refused, refused, refused);
    const meanwhile = await lab.compile({ ...version, platforms: [HOST, "windows-amd64"] });
    expect(meanwhile.exitCode).toBe(1);
    expect(meanwhile.log).toContain(`${HOST} is built, but not stored`);
    const [, windows] = readBuildLog(meanwhile.log.split("\n")).platforms;
    expect(windows?.outcome).toMatchObject({
      messages: expect.arrayContaining([
        expect.stringContaining("broken_windows.go:3:9: undefined: nothing"),
      ]),
    });
    expect(windows?.outcome).not.toMatchObject({
      messages: expect.arrayContaining([expect.stringMatching("store")]),
    });
    expect(lab.report()).toEqual([["windows-amd64", "failed", expect.any(String)]]);

    lab.failPuts(
      "An error occurred (ConditionalRequestConflict) when calling the PutObject operation: try again",
    );
    const retried = await lab.compile(version);
    expect(retried.exitCode).toBe(0);
    expect(lab.report()).toEqual([[HOST, "stored", expect.stringMatching(/^[0-9a-f]{64}$/)]]);
  });

  it("does not store a program that did not get its version or its URLs", async () => {
    const version = { ...plan, version: "20260124" };
    for (const variable of ["HKDIST_VERSION_VARIABLE", "HKDIST_ARTIFACTS_URL_VARIABLE"]) {
      const environment = { HKDIST_ARTIFACTS_URL: "https://artifacts.example/", [variable]: "main.misspelt" };
      const { exitCode, log } = await lab.compile(version, environment);
      expect(exitCode, log).toBe(0);
      expect(lab.report()).toEqual([
        [HOST, "failed", expect.stringContaining("main.misspelt did not get its value")],
      ]);
    }
  });

  it("does not start from a plan or an archive that is not right", async () => {
    const cases: [Partial<Plan>, string][] = [
      [
        { archiveSha256: "0".repeat(64) },
        `has SHA-256 ${plan.archiveSha256}, the plan says ${"0".repeat(64)}`,
      ],
      [{ archiveKey: "sources/gone" }, `could not read s3://${SOURCES}/sources/gone`],
      [{ platforms: [] }, "is incomplete"],
      [{ version: "$(touch pwned)" }, "is incomplete"],
      [{ more: ["surprise\tx"] }, "a line that this script does not know: surprise"],
      [{ goVersion: "1.26.999" }, "Go 1.26.999 cannot be had"],
    ];
    for (const [change, message] of cases) {
      const { exitCode, log } = await lab.compile({ ...plan, ...change });
      expect(exitCode).toBe(1);
      expect(log).toContain(message);
    }
  });
});

it("checks the modules of an archive against go.sum again, and builds a vendor folder as it is", async () => {
  const lab = new Lab();
  try {
    const plan = await archive(lab, { "broken_windows.go": "package main\n" });
    // An archive whose module is not what go.sum says.
    lab.run(lab.folder, "tar", "-xzf", lab.path("objects", SOURCES, plan.archiveKey));
    writeFileSync(lab.path("src", "go.sum"), lab.run(lab.path("src"), "sed", "s/h1:..../h1:AAAA/", "go.sum"));
    const repack = () => {
      lab.run(lab.folder, "tar", "-czf", lab.path("objects", SOURCES, "repacked"), "src", "modules");
      return { ...plan, archiveKey: "repacked", archiveSha256: sha256(lab.object(SOURCES, "repacked")) };
    };
    expect((await lab.compile(repack())).exitCode).toBe(0);
    expect(lab.report()).toEqual([[HOST, "failed", expect.stringContaining("checksum mismatch")]]);

    lab.run(lab.folder, "tar", "-xzf", lab.path("objects", SOURCES, plan.archiveKey));
    lab.run(lab.path("src"), "go", "mod", "vendor");
    lab.run(lab.folder, "rm", "-r", "modules/example.com");
    const { exitCode, log } = await lab.compile({ ...repack(), platforms: [HOST, "windows-amd64"] });
    expect(exitCode, log).toBe(0);
    expect(lab.report().map(([, state]) => state)).toEqual(["stored", "stored"]);
    expect(output(lab)).toContain("dep");
    const windows = lab.object(ARTIFACTS, "tool/20260122.1/windows-amd64.gz");
    expect(windows.subarray(10, 30).toString()).toBe("tool-20260122.1.exe\0");
  } finally {
    lab.remove();
  }
});
