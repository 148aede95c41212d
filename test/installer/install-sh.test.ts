import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, it, vi } from "vitest";
import { lacks } from "../programs.ts";
import { deploy, OLDER, PLATFORMS, programOf, VERSION } from "./deployment.ts";
import { type Downloader, find, findBusybox, Machine, type Shell } from "./machine.ts";

const busybox = findBusybox();
const shells = (["dash", "bash", "busybox", "zsh"] as const).filter((shell) =>
  shell === "busybox" ? busybox !== undefined : find(shell) !== undefined,
);
const downloaders = (["curl", "wget"] as const).filter((one) => find(one) !== undefined);
for (const missing of ["dash", "bash", "busybox", "zsh", "curl", "wget"].filter(
  (one) => !([...shells, ...downloaders] as string[]).includes(one),
)) {
  console.error(`NOT TESTED: the installer with ${missing}. This machine has none.`);
}
const combinations: [Shell, Downloader][] = shells.flatMap((shell) =>
  downloaders.map((downloader): [Shell, Downloader] => [shell, downloader]),
);

const usual = (machine: Machine, ...more: string[]) => join(machine.home, ".local", "bin", ...more);
const GZ = `/artifacts/greet/${VERSION}/linux-amd64.gz`;
const CURRENT = "/greet/current/linux-amd64.json";
/** Nothing of the installer, nor the folders that it made, is in the home. */
const isUntouched = (machine: Machine) => readdirSync(machine.home).length === 0;

describe.each(combinations)("under %s with %s", (shell, downloader) => {
  it("installs what is current, says so, and finds it there the next time", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const first = await machine.install(`${deployment.url}greet.sh`);
    expect(first).toMatchObject({ code: 0, err: "" });
    expect(first.out).toContain(`greet ${VERSION} for linux-amd64 is installed, its SHA-256 verified: `);
    const file = usual(machine, "greet");
    expect(readFileSync(file)).toEqual(programOf(VERSION, "linux-amd64"));
    expect(statSync(file).mode & 0o777).toBe(0o755);
    expect(readdirSync(usual(machine))).toEqual(["greet"]);
    deployment.asked.length = 0;
    const again = await machine.install(`${deployment.url}greet.sh`);
    expect(again).toMatchObject({ code: 0, err: "" });
    expect(again.out).toContain(`greet ${VERSION} is installed already: ${file}\n`);
    expect(deployment.asked).toEqual(["/greet.sh", CURRENT]);
    expect(readdirSync(usual(machine))).toEqual(["greet"]);
  });

  it("takes options, with a folder of a strange name, and is quiet when told to", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const folder = join(machine.home, 'it\'s a "folder" of $HOME & `more`');
    const options = ["--to", folder, "--version", OLDER, "--platform=linux-arm", "--quiet"];
    expect(await machine.install(`${deployment.url}greet.sh`, options)).toEqual({
      code: 0,
      out: "",
      err: "",
    });
    expect(readFileSync(join(folder, "greet"))).toEqual(programOf(OLDER, "linux-arm"));
    // And by the environment, over the one that is there.
    machine.environment = {
      GREET_INSTALL_TO: folder,
      GREET_INSTALL_VERSION: `v${VERSION}`,
      GREET_INSTALL_PLATFORM: "linux-arm64",
      GREET_INSTALL_QUIET: "1",
    };
    expect(await machine.install(`${deployment.url}greet.sh`)).toEqual({ code: 0, out: "", err: "" });
    expect(readFileSync(join(folder, "greet"))).toEqual(programOf(VERSION, "linux-arm64"));
    expect(readdirSync(folder)).toEqual(["greet"]);
  });

  it.each([
    [
      "is not what was released",
      /SHA-256 is [0-9a-f]{64}, and the directory says [0-9a-f]{64}/,
      GZ,
      200,
      "other",
    ],
    ["is withdrawn meanwhile", /may have been withdrawn just now/, GZ, 403, "denied"],
    ["is no gzip file", /broke off or was damaged\. Try again/, GZ, 200, "no-gzip"],
    ["has no answer for now", /cannot answer right now \(503\)/, GZ, 503, "later"],
    ["is asked for too often", /too many requests right now \(429\)/, CURRENT, 429, ""],
    ["is hidden by a login page", /may have answered in its place/, CURRENT, 200, "<html>Welcome</html>"],
  ])("leaves nothing behind when it %s", async (_what, sentence, path, status, body) => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const bytes = body === "other" ? gzipSync("another program") : Buffer.from(body);
    deployment.instead.set(path, (_request, response) => {
      response.writeHead(status).end(bytes);
    });
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(isUntouched(machine)).toBe(true);
  });

  // busybox's own wget follows, and has no option against it.
  it.skipIf(shell === "busybox" && downloader === "wget")(
    "follows to no other place, whatever is there",
    async () => {
      await using deployment = await deploy();
      using machine = new Machine(shell, downloader);
      // What would be taken if it had been asked for.
      const location = `${deployment.url}greet/linux-amd64.json`;
      deployment.instead.set(CURRENT, (_request, response) => {
        response.writeHead(302, { location }).end();
      });
      const { code, err } = await machine.install(`${deployment.url}greet.sh`);
      expect([code, deployment.asked]).toEqual([1, ["/greet.sh", CURRENT]]);
      expect(err).toContain(`${deployment.url.slice(0, -1)}${CURRENT} `);
      expect(isUntouched(machine)).toBe(true);
    },
  );

  it("leaves nothing behind when the download breaks off", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    let times = 0;
    deployment.instead.set(GZ, (_request, response) => {
      times += 1;
      response.writeHead(200, { "content-length": "5000" });
      response.write(gzipSync(programOf(VERSION, "linux-amd64")).subarray(0, 40), () => response.destroy());
    });
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect(code).toBe(1);
    expect(err).toMatch(/broke off or was damaged/);
    if (downloader === "curl") expect(times).toBe(3);
    expect(isUntouched(machine)).toBe(true);
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("leaves nothing behind after %s", async (signal) => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const begun = Promise.withResolvers<void>();
    deployment.instead.set(GZ, (_request, response) => {
      response.writeHead(200, { "content-length": "5000" }).write("some");
      begun.resolve();
    });
    // The shell alone gets the signal, and must end its downloader itself.
    const script = await (await fetch(`${deployment.url}greet.sh`)).text();
    let pid = 0;
    const running = machine.run(["-s"], script, (one) => {
      pid = one;
    });
    await begun.promise;
    expect(isUntouched(machine)).toBe(false);
    process.kill(pid, signal);
    const numbers = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };
    expect((await running).code).toBe(numbers[signal]);
    expect(isUntouched(machine)).toBe(true);
  });

  it("leaves nothing behind after a second Ctrl-C while it cleans up", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const [cleaning, sleep] = [join(machine.folder, "cleaning"), find("sleep")];
    // A disk that takes its time.
    machine.script("rm", `: >'${cleaning}'; '${sleep}' 0.5 || exit 1; exec '${find("rm")}' "$@"`);
    const begun = Promise.withResolvers<void>();
    deployment.instead.set(GZ, (_request, response) => {
      response.writeHead(200, { "content-length": "5000" }).write("some");
      begun.resolve();
    });
    const script = await (await fetch(`${deployment.url}greet.sh`)).text();
    let pid = 0;
    const running = machine.run(["-s"], script, (one) => {
      pid = one;
    });
    await begun.promise;
    process.kill(-pid, "SIGINT");
    if (shell !== "busybox") await vi.waitFor(() => expect(existsSync(cleaning)).toBe(true), { interval: 5 });
    process.kill(-pid, "SIGINT");
    expect((await running).code).toBe(130);
    expect(isUntouched(machine)).toBe(true);
  });

  it("shows progress on a terminal, but not when it is to be quiet", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const script = join(machine.folder, "greet.sh");
    writeFileSync(script, await (await fetch(`${deployment.url}greet.sh`)).text());
    const quiet = await machine.onTerminal([script, "--to", "quiet", "--quiet"]);
    expect(quiet).toEqual({ code: 0, out: "", err: "" });
    const shown = await machine.onTerminal([script, "--to", "shown"]);
    expect(shown).toMatchObject({ code: 0, err: "" });
    expect(shown.out).toMatch(/100(\.0)?%/);
    expect(shown.out).toContain("is installed");
  });

  it("does nothing when the script was cut, wherever that is", async () => {
    await using deployment = await deploy();
    using machine = new Machine(shell, downloader);
    const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).trimEnd();
    deployment.asked.length = 0;
    const places = Array.from({ length: 24 }, (_, at) => Math.round((script.length * (at + 1)) / 25));
    for (const length of [...places, script.length - 1]) {
      const { out } = await machine.run(["-s"], script.slice(0, length));
      expect([length, out]).toEqual([length, ""]);
    }
    expect(deployment.asked).toEqual([]);
    expect(isUntouched(machine)).toBe(true);
  });
});

describe("options", () => {
  it.each([
    [["--nope"], "--nope is not an option of this installer. --help tells the options.\n"],
    [["greet"], "greet is not an option of this installer. --help tells the options.\n"],
    [["--to"], "--to needs a value. --help tells the options.\n"],
    [["--to", "--quiet"], /--to needs a value, and --quiet is none \(or write --to=--quiet\)\. /],
    [["--version="], "--version needs a value. --help tells the options.\n"],
    [["--version", "1.2.3"], /1\.2\.3 is not a version; they look like/],
    [["--version", "../x"], /\.\.\/x is not a version; they look like/],
    [["--platform", "linux/amd64"], /linux\/amd64 is not a platform; there are: darwin-amd64 /],
  ])("%j are refused with 2", async (options, sentence) => {
    await using deployment = await deploy();
    using machine = new Machine();
    const { code, out, err } = await machine.install(`${deployment.url}greet.sh`, options);
    expect([code, out]).toEqual([2, ""]);
    if (typeof sentence === "string") expect(err).toBe(sentence);
    else expect(err).toMatch(sentence);
    expect(deployment.asked).toEqual(["/greet.sh"]);
    expect(isUntouched(machine)).toBe(true);
  });

  it("--help tells them all", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const { code, out } = await machine.install(`${deployment.url}greet.sh`, ["--help"]);
    expect(code).toBe(0);
    for (const word of [
      "--to DIR",
      "--version V",
      "--platform P",
      "--quiet",
      "GREET_INSTALL_TO",
      PLATFORMS.join(" "),
    ]) {
      expect(out).toContain(word);
    }
  });

  it("--help quotes a URL that a shell would change, as that of a local AWS", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(
      deployment.url,
      "http://127.0.0.1:1/$default/",
    );
    const { out } = await machine.run(["-s", "--", "--help"], script);
    expect(out).toContain("  curl -fsSL 'http://127.0.0.1:1/$default/greet.sh' | sh -s -- [OPTION...]\n");
    expect(script).toContain("#   curl -fsSL 'http://127.0.0.1:1/$default/greet.sh' | sh\n");
  });

  it("a version that is not there is 1, and the page is named", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const { code, err } = await machine.install(`${deployment.url}greet.sh`, ["--version", "20250101"]);
    expect([code, err]).toEqual([
      1,
      `There is no version 20250101 of greet for linux-amd64. ${deployment.url} shows all there is.\n`,
    ]);
    expect(isUntouched(machine)).toBe(true);
  });

  it("a command's name may be odd", async () => {
    await using deployment = await deploy("-9x");
    using machine = new Machine();
    machine.environment = { ["_9X_INSTALL_QUIET"]: "1" };
    expect(await machine.install(`${deployment.url}-9x.sh`)).toMatchObject({ code: 0, err: "" });
    expect(readdirSync(usual(machine))).toEqual(["-9x"]);
  });
});

describe("the platform", () => {
  /** uname -s, uname -m (or -p), other programs, what is offered, what is taken. */
  it.each<[string, string, Record<string, string>, string[], string]>([
    ["Linux", "x86_64", {}, PLATFORMS, "linux-amd64"],
    ["Linux", "x86_64", {}, ["linux-386"], "linux-386"],
    ["Linux", "x86_64", { od: "echo ' 1'" }, PLATFORMS, "linux-386"],
    ["Linux", "x86_64", { od: "exit 1", getconf: "echo 32" }, PLATFORMS, "linux-386"],
    ["Linux", "i686", {}, PLATFORMS, "linux-386"],
    ["Linux", "aarch64", {}, PLATFORMS, "linux-arm64"],
    ["Linux", "aarch64", { od: "echo ' 1'" }, PLATFORMS, "linux-arm"],
    ["Linux", "armv7l", {}, PLATFORMS, "linux-arm"],
    ["Linux", "armv8l", {}, PLATFORMS, "linux-arm"],
    ["FreeBSD", "amd64", {}, PLATFORMS, "freebsd-amd64"],
    ["FreeBSD", "powerpc64", {}, ["freebsd-ppc64", "freebsd-ppc64le"], "freebsd-ppc64"],
    ["FreeBSD", "powerpc64le", {}, ["freebsd-ppc64", "freebsd-ppc64le"], "freebsd-ppc64le"],
    ["Darwin", "arm64", {}, PLATFORMS, "darwin-arm64"],
    ["Darwin", "arm64", { arch: "exit 0" }, ["darwin-amd64"], "darwin-amd64"],
    ["Darwin", "x86_64", { sysctl: "echo 1" }, PLATFORMS, "darwin-arm64"],
    ["Darwin", "x86_64", { sysctl: "echo 0" }, PLATFORMS, "darwin-amd64"],
  ])("of %s %s %j is chosen of %j: %s", async (system, machineName, programs, offered, platform) => {
    await using deployment = await deploy("greet", offered);
    using machine = new Machine();
    machine.pretend(system, machineName);
    for (const [name, body] of Object.entries(programs)) machine.script(name, body);
    expect(await machine.install(`${deployment.url}greet.sh`)).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(usual(machine, "greet"))).toEqual(programOf(VERSION, platform));
  });

  it.each<[string, string, string[], RegExp]>([
    [
      "Linux",
      "mips",
      PLATFORMS,
      /no current version for this machine \(Linux mips\), only for: darwin-amd64 /,
    ],
    [
      "Linux",
      "x86_64",
      ["darwin-arm64"],
      /\(Linux x86_64\), only for: darwin-arm64\. .* shows all there is\./,
    ],
    ["Haiku", "x86_64", PLATFORMS, /this machine \(Haiku x86_64\)/],
    ["Linux", "armv6l", PLATFORMS, /This processor \(armv6l\) is older than ARMv7.*--platform linux-arm/],
    ["Linux", "armv6l", ["linux-amd64"], /this machine \(Linux armv6l\), only for: linux-amd64\./],
    ["Darwin", "arm64", ["darwin-amd64"], /softwareupdate --install-rosetta/],
    ["MINGW64_NT-10.0", "x86_64", PLATFORMS, /Type into PowerShell: irm http.*greet\.ps1 \| iex/],
  ])("of %s %s is refused when there is %j", async (system, machineName, offered, sentence) => {
    await using deployment = await deploy("greet", offered);
    using machine = new Machine();
    machine.pretend(system, machineName);
    const { code, out, err } = await machine.install(`${deployment.url}greet.sh`);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toMatch(sentence);
    expect(isUntouched(machine)).toBe(true);
  });

  it("does not matter to a binary that names no loader; one whose loader is missing is not placed", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const program = Buffer.concat([
      Buffer.from("\x7fELF\0\0/lib/ld-of-elsewhere.so.1\0"),
      Buffer.alloc(4096),
    ]);
    deployment.instead.set(CURRENT, (_request, response) => {
      const sha256 = createHash("sha256").update(program).digest("base64");
      response.end(JSON.stringify({ platform: "linux-amd64", version: VERSION, cmd: "greet", sha256 }));
    });
    deployment.instead.set(GZ, (_request, response) => response.end(gzipSync(program)));
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect(code).toBe(1);
    expect(err).toContain("made for systems with /lib/ld-of-elsewhere.so.1, which this one lacks");
    expect(isUntouched(machine)).toBe(true);
    // Of another machine nobody knows what it has.
    const options = ["--platform", "linux-amd64"];
    expect(await machine.install(`${deployment.url}greet.sh`, options)).toMatchObject({ code: 0, err: "" });
  });
});

describe("the folder", () => {
  it.each<[string, (machine: Machine) => string, RegExp]>([
    ["is a file", (machine) => file(join(machine.home, "taken")), /cannot be made \(mkdir: .*--to DIR/],
    ["lies in a file", (machine) => `${file(join(machine.home, "taken"))}/bin`, /cannot be made \(mkdir: /],
    [
      "cannot be written into",
      () => "/proc/self",
      /mktemp: .*\nNothing can be written into \/proc\/self\. .*--to DIR/,
    ],
  ])("that %s is refused before any download", async (_what, folderOf, sentence) => {
    await using deployment = await deploy();
    using machine = new Machine();
    const folder = folderOf(machine);
    const before = readdirSync(machine.home);
    const { code, err } = await machine.install(`${deployment.url}greet.sh`, ["--to", folder]);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(deployment.asked).toEqual(["/greet.sh"]);
    expect(readdirSync(machine.home)).toEqual(before);
  });

  it("is that which mktemp made, whatever it warns of", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    machine.script("mktemp", `echo 'mktemp: you are warned' >&2; exec '${find("mktemp")}' "$@"`);
    expect(await machine.install(`${deployment.url}greet.sh`)).toMatchObject({
      code: 0,
      err: "mktemp: you are warned\n",
    });
    expect(readdirSync(usual(machine))).toEqual(["greet"]);
  });

  it("in which a folder has the command's name is refused", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    mkdirSync(usual(machine, "greet"), { recursive: true });
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect([code, err]).toEqual([
      1,
      `${usual(machine, "greet")} is a folder. Remove it, or choose another place with --to DIR.\n`,
    ]);
  });

  it("without HOME must be named", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    machine.environment = { HOME: undefined };
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect(code).toBe(1);
    expect(err).toContain("HOME is not set, so there is no usual folder. Choose one with --to DIR");
    const named = await machine.install(`${deployment.url}greet.sh`, ["--to", "here"]);
    expect(named).toMatchObject({ code: 0, err: "" });
    expect(existsSync(join(machine.folder, "here", "greet"))).toBe(true);
  });

  it("that has no room is said to have none, and keeps what it had", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    mkdirSync(usual(machine), { recursive: true });
    writeFileSync(usual(machine, "greet"), "old");
    machine.script("gzip", "echo 'gzip: stdout: No space left on device' >&2; exit 1");
    const { code, err } = await machine.install(`${deployment.url}greet.sh`);
    expect(code).toBe(1);
    expect(err).toMatch(/There is no room in .* Make some, or choose another folder with --to DIR/);
    expect(readdirSync(usual(machine))).toEqual(["greet"]);
    expect(readFileSync(usual(machine, "greet"), "utf8")).toBe("old");
  });

  it("that has no room is said to have none by wget's exit code, as its words may have found no room either", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const script = await (await fetch(`${deployment.url}greet.sh`)).text();
    rmSync(join(machine.programs, "curl"));
    machine.script("wget", 'case $1 in --version) echo "GNU Wget 1.21.3" ;; *) exit 3 ;; esac');
    const { code, err } = await machine.run(["-s"], script);
    expect(code).toBe(1);
    expect(err).toContain("There is no room in ");
    expect(isUntouched(machine)).toBe(true);
  });

  it("gets the new program in the place of a link, and what the link named stays", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    mkdirSync(usual(machine), { recursive: true });
    writeFileSync(join(machine.home, "elsewhere"), "mine");
    symlinkSync(join(machine.home, "elsewhere"), usual(machine, "greet"));
    expect(await machine.install(`${deployment.url}greet.sh`)).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(usual(machine, "greet"))).toEqual(programOf(VERSION, "linux-amd64"));
    expect(readFileSync(join(machine.home, "elsewhere"), "utf8")).toBe("mine");
  });
});

function file(path: string): string {
  writeFileSync(path, "");
  return path;
}

describe.each(downloaders)("the network, with %s", (downloader) => {
  it.each<[string, string, Record<string, string>, RegExp]>([
    [
      "nothing listens",
      "http://127.0.0.1:1/",
      {},
      /127\.0\.0\.1:1 takes no connections\. Check the connection\. Behind a/,
    ],
    [
      "there is no such name",
      "http://hkdist.invalid/",
      {},
      /The address of hkdist\.invalid cannot be found\. Check the/,
    ],
    [
      "there is no such name, which tells of a proxy",
      "http://goproxy.invalid/",
      {},
      /The address of goproxy\.invalid cannot be found\. Check the/,
    ],
    [
      "the proxy takes no connections",
      "http://hkdist.invalid/",
      { http_proxy: "http://127.0.0.1:1" },
      /takes no connections\. This goes through the proxy that http_proxy names/,
    ],
    [
      "no_proxy names the host's domain",
      "http://tools.hkdist.invalid/",
      { http_proxy: "http://127.0.0.1:1", no_proxy: "localhost, .hkdist.invalid" },
      /The address of tools\.hkdist\.invalid cannot be found\. Check the/,
    ],
  ])("when %s, says what to do", async (_what, url, environment, sentence) => {
    await using deployment = await deploy();
    using machine = new Machine("dash", downloader);
    machine.environment = environment;
    const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(deployment.url, url);
    const { code, err } = await machine.run(["-s"], script);
    expect(code).toBe(1);
    expect(err).toMatch(sentence);
    expect(isUntouched(machine)).toBe(true);
  });

  it("when the proxy's name leads nowhere, names the variable", async () => {
    await using deployment = await deploy();
    using machine = new Machine("dash", downloader);
    machine.environment = { http_proxy: "http://proxy.hkdist.invalid:8080" };
    const script = await (await fetch(`${deployment.url}greet.sh`)).text();
    const { code, err } = await machine.run(["-s"], script);
    expect(code).toBe(1);
    expect(err).toMatch(/proxy that http_proxy names/);
  });
});

it.skipIf(!downloaders.includes("wget"))("tells of no variable that wget does not look at", async () => {
  await using deployment = await deploy();
  using machine = new Machine("dash", "wget");
  machine.environment = { HTTPS_PROXY: "http://127.0.0.1:1", all_proxy: "http://127.0.0.1:1" };
  const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(
    deployment.url,
    "https://hkdist.invalid/",
  );
  expect((await machine.run(["-s"], script)).err).toBe(
    "The address of hkdist.invalid cannot be found. Check the connection. Behind a proxy, set " +
      "https_proxy=http://<host>:<port> first.\n",
  );
});

describe.each(downloaders)("a proxy or a server, with %s", (downloader) => {
  it("is gone through when http_proxy names it", async () => {
    await using deployment = await deploy();
    using machine = new Machine("dash", downloader);
    machine.environment = { http_proxy: deployment.url };
    const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(
      deployment.url,
      "http://hkdist.invalid/",
    );
    expect(await machine.run(["-s"], script)).toMatchObject({ code: 0, err: "" });
    expect(readFileSync(usual(machine, "greet"))).toEqual(programOf(VERSION, "linux-amd64"));
  });

  it("that wants a password is told so", async () => {
    await using deployment = await deploy();
    await using proxy = await listening(
      createHttpServer().on("connect", (_request, socket) =>
        socket.end("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"),
      ),
    );
    using machine = new Machine("dash", downloader);
    machine.environment = { https_proxy: `http://127.0.0.1:${proxy.port}` };
    const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(
      deployment.url,
      "https://hkdist.invalid/",
    );
    const { code, err } = await machine.run(["-s"], script);
    expect([code, err]).toEqual([
      1,
      "The proxy wants a name and a password: set https_proxy=http://<name>:<password>@<host>:<port>.\n",
    ]);
    expect(isUntouched(machine)).toBe(true);
  });

  it.skipIf(lacks(["openssl"], "the installer and a certificate that nobody trusts"))(
    "whose certificate nobody trusts gets nothing installed",
    async () => {
      await using deployment = await deploy();
      using machine = new Machine("dash", downloader);
      const [key, cert] = [join(machine.folder, "key.pem"), join(machine.folder, "cert.pem")];
      const making =
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 -subj /CN=localhost";
      await promisify(execFile)("openssl", [...making.split(" "), "-keyout", key, "-out", cert]);
      const tls = { key: readFileSync(key), cert: readFileSync(cert) };
      await using server = await listening(createHttpsServer(tls, (_request, response) => response.end()));
      const script = (await (await fetch(`${deployment.url}greet.sh`)).text()).replaceAll(
        deployment.url,
        `https://127.0.0.1:${server.port}/`,
      );
      const { code, err } = await machine.run(["-s"], script);
      expect(code).toBe(1);
      expect(err).toMatch(/no secure connection to 127\.0\.0\.1:\d+: its certificate is not trusted here/);
      expect(isUntouched(machine)).toBe(true);
    },
  );
});

/** A server on a free port of the loopback. */
async function listening(server: Server): Promise<{ port: number } & AsyncDisposable> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

it("without a downloader says what to install", async () => {
  await using deployment = await deploy();
  using machine = new Machine();
  const script = await (await fetch(`${deployment.url}greet.sh`)).text();
  rmSync(join(machine.programs, "curl"));
  expect(await machine.run(["-s"], script)).toMatchObject({
    code: 1,
    err: expect.stringContaining("Install curl or wget first"),
  });
});

it("uses FreeBSD's fetch where there is nothing else", async () => {
  await using deployment = await deploy();
  using machine = new Machine();
  const script = await (await fetch(`${deployment.url}greet.sh`)).text();
  rmSync(join(machine.programs, "curl"));
  // fetch -T 30 -o FILE -q URL
  machine.script("fetch", `[ "$1 $2 $3 $5" = '-T 30 -o -q' ] && exec '${find("curl")}' -fsS -o "$4" "$6"`);
  machine.pretend("FreeBSD", "amd64");
  expect(await machine.run(["-s"], script)).toMatchObject({ code: 0, err: "" });
  expect(readFileSync(usual(machine, "greet"))).toEqual(programOf(VERSION, "freebsd-amd64"));
});

describe("what it says of the PATH", () => {
  it.each([
    ["/bin/bash", "Linux", (folder: string) => `  echo 'export PATH=${folder}:"$PATH"' >>~/.bashrc\n`],
    ["/bin/bash", "Darwin", (folder: string) => `  echo 'export PATH=${folder}:"$PATH"' >>~/.bash_profile\n`],
    [
      "/usr/bin/zsh",
      "Linux",
      (folder: string) => `  echo 'export PATH=${folder}:"$PATH"' >>"\${ZDOTDIR:-$HOME}/.zshrc"\n`,
    ],
    ["/usr/bin/fish", "Linux", (folder: string) => `  fish_add_path ${folder}\n`],
    ["/bin/ksh", "Linux", (folder: string) => `  echo 'export PATH=${folder}:"$PATH"' >>~/.profile\n`],
    ["/bin/csh", "Linux", (folder: string) => `  echo 'set path = (${folder} $path)' >>~/.cshrc\n`],
    ["/bin/tcsh", "FreeBSD", (folder: string) => `  set path = (${folder} $path)\n`],
    [undefined, "Linux", (folder: string) => `  export PATH=${folder}:"$PATH"\n`],
  ])("is the line for %s on %s", async (shell, system, lineOf) => {
    await using deployment = await deploy();
    using machine = new Machine();
    machine.environment = { SHELL: shell };
    machine.pretend(system, "x86_64");
    const { out } = await machine.install(`${deployment.url}greet.sh`);
    expect(out).toContain(`${usual(machine)} is not on your PATH. Put it there`);
    expect(out).toContain(lineOf(usual(machine)));
  });

  it("is a line that works, whatever the folder is called", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const folder = join(machine.home, 'it\'s $HOME/"x" `y`');
    const { out } = await machine.install(`${deployment.url}greet.sh`, ["--to", folder]);
    const [, permanent = "", now = ""] = /^ {2}(echo .*)\n {2}(export .*)\n/m.exec(out) ?? [];
    expect(await machine.run(["-c", `${now}; greet`], "")).toMatchObject({
      code: 0,
      out: `greet ${VERSION} linux-amd64\n`,
    });
    expect(await machine.run(["-c", `${permanent} && . ~/.bashrc && greet`], "")).toMatchObject({
      code: 0,
      out: `greet ${VERSION} linux-amd64\n`,
    });
  });

  it("is nothing when the folder is on it, and a warning when another comes first", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    machine.environment = { PATH: `${machine.programs}:${usual(machine)}/` };
    const { out } = await machine.install(`${deployment.url}greet.sh`);
    expect(out).not.toContain("PATH");
    machine.script("greet", "echo another");
    const shadowed = await machine.install(`${deployment.url}greet.sh`);
    expect(shadowed.out).toContain(
      `But typing greet starts ${join(machine.programs, "greet")}, which comes first on your PATH.`,
    );
  });

  it("knows that an empty place is the folder where one stands", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    machine.environment = { PATH: `:${machine.programs}:${usual(machine)}` };
    machine.script("greet", "echo another");
    renameSync(join(machine.programs, "greet"), join(machine.folder, "greet"));
    const { out } = await machine.install(`${deployment.url}greet.sh`);
    expect(out).toContain("But typing greet starts ./greet, which comes first on your PATH.");
  });

  it("is nothing when it was installed for another machine", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const paths = file(join(machine.folder, "paths"));
    machine.environment = { GITHUB_PATH: paths };
    const { out } = await machine.install(`${deployment.url}greet.sh`, ["--platform", "darwin-arm64"]);
    expect(out).not.toContain("PATH");
    expect(readFileSync(paths, "utf8")).toBe("");
  });

  it("goes to the next steps of a job on GitHub", async () => {
    await using deployment = await deploy();
    using machine = new Machine();
    const paths = file(join(machine.folder, "paths"));
    machine.environment = { GITHUB_PATH: paths };
    const { out } = await machine.install(`${deployment.url}greet.sh`);
    expect(out).toContain(`The next steps of this job find it: ${usual(machine)} was added to GITHUB_PATH.`);
    expect(readFileSync(paths, "utf8")).toBe(`${usual(machine)}\n`);
  });
});
