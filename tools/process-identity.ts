import { readFileSync } from "node:fs";

/** A process that can be told from a later one with the same id. */
export interface ProcessIdentity {
  pid: number;
  /** When it started, in the kernel's words; empty where there is no /proc. */
  started: string;
}

/** The identity of a running process, or null if there is none with this id. */
export function identify(pid: number): ProcessIdentity | null {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPERM") return null;
  }
  try {
    // Field 22; the second one, the name in parentheses, may itself have spaces. A zombie (Z) has ended.
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
    return fields[0] === "Z" ? null : { pid, started: fields[19] ?? "" };
  } catch {
    return { pid, started: "" };
  }
}

export function isRunning(identity: ProcessIdentity): boolean {
  const now = identify(identity.pid);
  return now !== null && now.started === identity.started;
}
