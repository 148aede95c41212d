import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { UserError } from "./user-error.ts";

export interface RunOptions {
  /** What it is for, in the error: "cdk deploy". */
  name: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Gets all output, after what it already has. */
  logFile: string;
  limitSeconds: number;
}

/** How a command ended: `output` is what this run wrote to the log file. */
export class CommandError extends UserError {
  override name = "CommandError";
  readonly output: string;
  constructor(message: string, output: string) {
    super(message);
    this.output = output;
  }
}

const running = new Set<ChildProcess>();
// A command has its own process group, so that its children end with it; so Ctrl-C does not reach it by itself.
process.on("exit", endCommands);

/** Ends every command that is running: each of them then fails. */
export function endCommands(): void {
  for (const child of running) killGroup(child, "SIGTERM");
}

/** Runs a command to its end. Throws CommandError with the end of its output and the log file's path. */
export async function run(command: string, args: string[], options: RunOptions): Promise<string> {
  const log = openSync(options.logFile, "a");
  writeSync(log, `$ ${[command, ...args].join(" ")}\n`);
  const start = readFileSync(options.logFile).length;
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    stdio: ["ignore", log, log],
    detached: true,
  });
  closeSync(log);
  running.add(child);
  const ending = await ended(child, options.limitSeconds);
  running.delete(child);
  const output = readFileSync(options.logFile).subarray(start).toString("utf8").trimEnd();
  if (ending !== null) {
    const tail = output.split("\n").slice(-30).join("\n");
    throw new CommandError(
      `${options.name} ${ending}\n${tail}\nAll of its output: ${options.logFile}`,
      output,
    );
  }
  return output;
}

/** Null after success, otherwise what happened. */
function ended(child: ChildProcess, limitSeconds: number): Promise<string | null> {
  return new Promise((resolve) => {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      killGroup(child, "SIGTERM");
      setTimeout(() => killGroup(child, "SIGKILL"), 5000).unref();
    }, limitSeconds * 1000);
    child.on("error", (error) => {
      clearTimeout(timer);
      resolve(`did not start: ${error.message}`);
    });
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      if (late) resolve(`did not end within ${limitSeconds} s and was stopped`);
      else resolve(code === 0 ? null : `failed (${signal ?? `exit status ${code}`})`);
    });
  });
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
