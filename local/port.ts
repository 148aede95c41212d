import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname } from "node:path";
import { UserError } from "../tools/user-error.ts";

// Below the range from which systems take ports for outgoing connections, so that a stopped server's port stays free.
const FIRST_PORT = 20_000;
const PORTS = 10_000;

/**
 * The port kept in this file; chosen free the first time. Installed clients carry it in their URLs, so it is never
 * changed afterwards.
 */
export async function keptPort(file: string): Promise<number> {
  if (existsSync(file)) return Number(readFileSync(file, "utf8"));
  for (let attempt = 0; attempt < 50; attempt++) {
    const port = FIRST_PORT + Math.floor(Math.random() * PORTS);
    if (!(await isFree(port))) continue;
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, `${port}\n`);
    return port;
  }
  throw new UserError(`No free port between ${FIRST_PORT} and ${FIRST_PORT + PORTS - 1} on 127.0.0.1.`);
}

/** Whether a server can listen on this port of 127.0.0.1. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}
