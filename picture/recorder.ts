import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { venvBin } from "../local/paths.ts";
import { cacheFolder, root } from "../tools/checkout.ts";
import { quote } from "../tools/quote.ts";
import { run } from "../tools/run.ts";
import { cutIdleTime, dimAsGrey, type Output } from "./cast.ts";

const INSTALL_LIMIT_SECONDS = 300;
const RECORD_LIMIT_SECONDS = 300;
/** Columns and rows: as wide as a page shows readably, as high as the release and what follows it. */
const GEOMETRY = "96x35";
/** Milliseconds: the last frame stays so long, and no other is shorter. */
const LAST_FRAME = 7000;
const SHORTEST_FRAME = 250;

/** termtosvg, installed into a folder. https://pypi.org/project/termtosvg-ng/ */
export class Recorder {
  private readonly folder: string;
  private readonly python = join(venvBin, "python");
  private readonly stopped = new AbortController();

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Needs the local AWS's Python. */
  async install(): Promise<void> {
    const requirements = join(root, "picture", "requirements.txt");
    const install = ["install", "--no-input", "--disable-pip-version-check", "--no-deps"];
    await run(this.python, ["-m", "pip", ...install, "--target", this.modules, "-r", requirements], {
      name: "pip install",
      cwd: root,
      env: { ...process.env, PIP_CACHE_DIR: join(cacheFolder, "pip"), PIP_REQUIRE_VIRTUALENV: "false" },
      logFile: join(this.folder, "pip.log"),
      limitSeconds: INSTALL_LIMIT_SECONDS,
    });
  }

  /**
   * Types commands in a terminal of their own, in this checkout.
   * @param environment all of it
   * @returns what the terminal was sent
   */
  async record(commands: readonly string[], environment: Record<string, string>): Promise<Output[]> {
    const session = ["bash", join(root, "picture", "session.sh"), ...commands];
    const cast = join(this.folder, "recorded.cast");
    const command = session.map(quote).join(" ");
    await this.termtosvg(["record", cast, "--screen-geometry", GEOMETRY, "--command", command], environment);
    const [, ...outputs] = readFileSync(cast, "utf8").trimEnd().split("\n");
    return outputs.map((line) => JSON.parse(line) as Output);
  }

  /** Writes an animation without its idle time. */
  async draw(outputs: readonly Output[], file: string): Promise<void> {
    const [width, height] = GEOMETRY.split("x").map(Number);
    const lines = [
      { version: 2, width, height },
      ...cutIdleTime(outputs).map(([seconds, kind, text]) => [seconds, kind, dimAsGrey(text)]),
    ];
    const cast = join(this.folder, "drawn.cast");
    writeFileSync(cast, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
    const times = ["--loop-delay", String(LAST_FRAME), "--min-frame-duration", String(SHORTEST_FRAME)];
    const template = join(root, "picture", "template.svg");
    await this.termtosvg(["render", cast, file, ...times, "--template", template], process.env);
  }

  /** Ends what is running: it fails. */
  stop(): void {
    this.stopped.abort();
  }

  private get modules(): string {
    return join(this.folder, "modules");
  }

  // execFile's standard input is a pipe that stays open; at the end of its input termtosvg would stop.
  private async termtosvg(args: string[], environment: NodeJS.ProcessEnv): Promise<void> {
    await promisify(execFile)(this.python, ["-m", "termtosvg", ...args], {
      cwd: root,
      env: { ...environment, PYTHONPATH: this.modules },
      signal: this.stopped.signal,
      timeout: RECORD_LIMIT_SECONDS * 1000,
      maxBuffer: 64 * 2 ** 20,
    });
  }
}
