import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { PassThrough, Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { inject, onTestFinished, vi } from "vitest";
import type { z } from "zod";
import type { Io } from "../../cli/io.ts";
import { run } from "../../cli/run.ts";
import { Outcome } from "../../cli/shapes.ts";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { followRelease } from "../../local/release.ts";
import { root } from "../../tools/checkout.ts";
import { hostPlatform } from "../../tools/install.ts";
import { Injector } from "../faults/injector.ts";
import { faults, local, release, repositoryOf, table } from "./setting.ts";

/** The command whose releases these tests start; it has one version before. */
export const OPERATED = "greet-operated";
export const RELEASED = "20260131";

/** What means the local AWS of the tests. */
export const HERE = ["--local", "--folder", join(inject("setting").repositories, "aws")];
/** How a next command names it. */
export const FLAGS = ` ${HERE.join(" ")}`;

/** The clock before each line of a log. */
export const CLOCK = /^\d\d:\d\d:\d\d /gm;
/** Colours and the like. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
export const CODES = /\x1b\[[\d;]*m/;

/** What a terminal was told, without how. */
export const withoutCodes = (text: string) => stripVTControlCharacters(text);

/** How a command line ended. */
export interface Ended {
  exit: number;
  out: string;
  err: string;
}

/** A command line that runs in this process, without a terminal. */
export interface Begun {
  /** What it has written so far. */
  told: { out: string; err: string };
  /** As soon as it listens. */
  interrupt: () => Promise<void>;
  ended: Promise<Ended>;
}

export function begin(...args: string[]): Begun {
  return beginAnywhere(...args, ...HERE);
}

/** Runs a command line to its end that asks what the environment says. */
export function hkdistAnywhere(...args: string[]): Promise<Ended> {
  return beginAnywhere(...args).ended;
}

function beginAnywhere(...args: string[]): Begun {
  const told = { out: "", err: "" };
  const into = (stream: keyof typeof told) =>
    new Writable({
      write(chunk: Buffer, _, done) {
        told[stream] += chunk.toString();
        done();
      },
    });
  let listeners: (() => void)[] = [];
  const io: Io = {
    ...{ args, stdin: new PassThrough(), stdout: into("out"), stderr: into("err"), env: {} },
    onInterrupt(listener) {
      listeners.push(listener);
      return () => {
        listeners = listeners.filter((one) => one !== listener);
      };
    },
  };
  const ended = run(io).then((exit) => ({ exit, ...told }));
  const interrupt = async () => {
    await vi.waitUntil(() => listeners.length > 0, { timeout: 30_000, interval: 1 });
    for (const listener of listeners) listener();
  };
  return { told, interrupt, ended };
}

/** Runs a command line to its end. */
export function hkdist(...args: string[]): Promise<Ended> {
  return begin(...args).ended;
}

/** The same with `--json`. @throws ZodError when what is printed has another shape */
export async function hkdistJson<T extends z.ZodType>(shape: T, ...args: string[]) {
  const { exit, out, err } = await hkdist(...args, "--json");
  return { exit, err, json: shape.parse(JSON.parse(out)) as z.output<T> };
}

/** `npx hkdist` as a process of its own, which is gone when the test is over. */
export class Child {
  out = "";
  err = "";
  readonly ended: Promise<Ended>;
  private readonly process: ChildProcess;
  private exit: number | undefined;

  /** Without a terminal. */
  static piped(args: readonly string[]): Child {
    return new Child(process.execPath, [...CLI, ...args], process.env);
  }

  /** In a terminal of that size, which is a pseudo-terminal of Python's. */
  static inTerminal(args: readonly string[], env: NodeJS.ProcessEnv = {}, size = "rows 30 cols 120"): Child {
    const { CI: _, NO_COLOR: __, FORCE_COLOR: ___, ...others } = process.env;
    const sized = ["sh", "-c", `stty ${size}; exec "$@"`, "sh", process.execPath, ...CLI, ...args];
    return new Child("python3", ["-c", TERMINAL, ...sized], { ...others, TERM: "xterm-256color", ...env });
  }

  private constructor(program: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    // In a group of its own, as what is started in a terminal is.
    this.process = spawn(program, args, { env, detached: true });
    this.process.stdout?.on("data", (data: Buffer) => {
      this.out += data.toString();
    });
    this.process.stderr?.on("data", (data: Buffer) => {
      this.err += data.toString();
    });
    this.ended = once(this.process, "close").then(([exit]) => {
      this.exit = exit as number;
      return { exit: this.exit, out: this.out, err: this.err };
    });
    onTestFinished(() => {
      if (this.exit === undefined) process.kill(-(this.process.pid ?? 0), "SIGKILL");
    });
  }

  /** Waits until it has written that. */
  async until(text: string): Promise<void> {
    await vi.waitUntil(
      () => {
        if (this.exit !== undefined && !this.out.includes(text)) throw new Error(`${this.out}${this.err}`);
        return this.out.includes(text);
      },
      { timeout: 60_000, interval: 20 },
    );
  }

  type(text: string): void {
    this.process.stdin?.write(text);
  }

  /** What a terminal does at a Ctrl-C. */
  interrupt(): void {
    process.kill(-(this.process.pid ?? 0), "SIGINT");
  }
}

const CLI = [join(root, "bin", "cli.mjs")];
const TERMINAL = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";

/** Releases RELEASED on this platform, unless that has been done. */
export async function ensureReleased(): Promise<void> {
  const platform = hostPlatform();
  if (await getArtifact(table, { cmd: OPERATED, version: RELEASED, platform })) return;
  repositoryOf(OPERATED).commitAndTag("Released", `v${RELEASED}`);
  const { status } = await release({ cmd: OPERATED, platforms: [platform], publish: false });
  if (status !== "SUCCEEDED") throw new Error(`the release is ${status}`);
}

/** The arguments of a release that finds all done and changes nothing. */
export const NOTHING_TO_DO = [
  ...["release", OPERATED, "--tag", `v${RELEASED}`],
  ...["--platforms", hostPlatform(), "--no-publish"],
];

const injector = Injector.at(faults);

/** Makes the next release stand still in the middle, until it is let go or the test is over. */
export function holdNextRelease(): { untilHeld(): Promise<void>; letGo(): void } {
  // Whoever had faults before has let go of them; a new one of the same name is not to find that.
  injector.clear();
  const { isHeld, letGo } = injector.inFunction("Pair", "start", "hold");
  onTestFinished(() => injector.clear());
  return { untilHeld: () => vi.waitUntil(isHeld, { timeout: 30_000, interval: 20 }).then(() => {}), letGo };
}

/** A release that stands still in the middle. */
export async function heldRelease() {
  const { untilHeld, letGo } = holdNextRelease();
  const { json } = await hkdistJson(Outcome, ...NOTHING_TO_DO, "--detach");
  await untilHeld();
  const { name, arn } = json.execution;
  return {
    ...{ name, arn },
    /** @returns how it ended */
    letGo: () => {
      letGo();
      return followRelease(local, arn);
    },
  };
}
