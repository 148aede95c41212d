import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { venvBin } from "../../local/paths.ts";
import { cacheFolder } from "../../tools/checkout.ts";

/** All that the installer may call besides a downloader. */
const PROGRAMS = "awk cat chmod dd getconf grep gzip id mkdir mktemp mv od rm rmdir sed sha256sum tr".split(
  " ",
);

/** The real file of a program, or undefined. */
export function find(program: string): string | undefined {
  const places = (process.env["PATH"] ?? "").split(delimiter);
  const found = places.map((place) => join(place, program)).find((file) => existsSync(file));
  return found && realpathSync(found);
}

/** busybox: the one on the PATH, or Debian's, fetched once; undefined where neither can be had. */
export function findBusybox(): string | undefined {
  const own = find("busybox");
  if (own !== undefined) return own;
  const folder = join(cacheFolder, "busybox");
  const file = join(folder, "bin", "busybox");
  if (!existsSync(file)) {
    const unpacking = `${folder}.${process.pid}`;
    try {
      mkdirSync(unpacking, { recursive: true });
      const options = { cwd: unpacking, stdio: "ignore" as const, timeout: 60_000 };
      execFileSync("apt-get", ["download", "busybox"], options);
      execFileSync("sh", ["-c", "dpkg -x busybox_*.deb whole"], options);
      renameSync(join(unpacking, "whole"), folder);
    } catch {
      return undefined;
    } finally {
      rmSync(unpacking, { recursive: true, force: true });
    }
  }
  return file;
}

export type Shell = "dash" | "bash" | "busybox" | "zsh";
export type Downloader = "curl" | "wget";

export interface Result {
  code: number | null;
  out: string;
  err: string;
}

/** Whom the installer runs for: a home, and a PATH on which nothing else is than what it names. */
export class Machine {
  readonly folder = mkdtempSync(join(tmpdir(), "hkdist-installer-"));
  readonly home = join(this.folder, "home");
  readonly programs = join(this.folder, "programs");
  readonly shell: string;
  readonly downloader: Downloader;
  /** Other than the PATH and HOME; undefined takes a variable away. */
  environment: Record<string, string | undefined> = {};

  constructor(shell: Shell = "dash", downloader: Downloader = "curl") {
    this.downloader = downloader;
    mkdirSync(this.home);
    mkdirSync(this.programs);
    const busybox = shell === "busybox" ? findBusybox() : undefined;
    const names = [...PROGRAMS, downloader];
    for (const name of names) {
      const file = busybox !== undefined && name !== "curl" && name !== "getconf" ? busybox : find(name);
      if (file !== undefined) symlinkSync(file, join(this.programs, name));
    }
    this.shell = join(this.programs, busybox === undefined ? shell : "sh");
    const file = busybox ?? find(shell);
    if (file === undefined) throw new Error(`this machine has no ${shell}`);
    symlinkSync(file, this.shell);
    this.pretend("Linux", "x86_64");
    this.script("sleep", "exit 0");
    // Not root, so that the usual folder is the home's. busybox takes its own `id`, whatever is on the PATH.
    this.script("id", "echo 1000");
    if (busybox !== undefined) this.environment = { GREET_INSTALL_TO: join(this.home, ".local", "bin") };
  }

  /** Puts a program of the test's own into the place of a real one. */
  script(name: string, body: string): void {
    const file = join(this.programs, name);
    rmSync(file, { force: true });
    writeFileSync(file, `#!${find("dash") ?? "/bin/sh"}\n${body}\n`);
    chmodSync(file, 0o755);
  }

  pretend(system: string, machine: string): void {
    this.script("uname", `case $1 in -s) echo '${system}' ;; *) echo '${machine}' ;; esac`);
  }

  /** `curl -fsSL <url> | sh -s -- <options>`, or the same with wget. */
  install(url: string, options: readonly string[] = [], seen?: (pid: number) => void): Promise<Result> {
    const get = this.downloader === "curl" ? "curl -fsSL" : "wget -q -O -";
    return this.run(["-c", `${get} "$0" | "${this.shell}" -s -- "$@"`, url, ...options], "", seen);
  }

  /** The shell on a terminal, all of whose output is `out`. */
  onTerminal(options: readonly string[]): Promise<Result> {
    const code = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
    return this.start(join(venvBin, "python"), ["-c", code, this.shell, ...options], "");
  }

  /** The shell alone, with a text as its input. */
  run(options: readonly string[], input: string, seen?: (pid: number) => void): Promise<Result> {
    return this.start(this.shell, options, input, seen);
  }

  private start(
    program: string,
    options: readonly string[],
    input: string,
    seen?: (pid: number) => void,
  ): Promise<Result> {
    const child = spawn(program, options, {
      cwd: this.folder,
      env: {
        HOME: this.home,
        PATH: this.programs,
        SHELL: "/bin/bash",
        ...this.environment,
      } as NodeJS.ProcessEnv,
      // A group of its own, to which the tests send signals as a terminal does.
      detached: true,
    });
    let out = "";
    let err = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    child.stdin.on("error", () => {}); // a shell that reads no further
    child.stdin.end(input);
    if (child.pid !== undefined) seen?.(child.pid);
    return new Promise((resolve, reject) => {
      child.on("error", reject).on("close", (code) => resolve({ code, out, err }));
    });
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
