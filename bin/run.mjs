// Runs a script with the Node that the Lambda functions run on, whatever Node called it:
//   node bin/run.mjs <script> [arguments]
// That Node comes from npm as an optional dependency for this platform. Its folder goes first in PATH, so that
// everything started from here (the CDK app, the tests, the local functions) finds the same one.
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const platform = `${process.platform}-${process.arch}`;
const packaged = join(root, "node_modules", `node-${platform}`, "bin", "node");
const callerIsTheSame = process.versions.node.startsWith("24.");
const found = existsSync(packaged) ? packaged : callerIsTheSame ? process.execPath : undefined;
if (found === undefined) {
  console.error(
    `No Node 24 for ${platform}: on Linux run \`npm ci\` (without --omit=optional); elsewhere call this with a Node 24.`,
  );
  process.exit(1);
}

const child = spawn(found, process.argv.slice(2), {
  stdio: "inherit",
  env: { ...process.env, PATH: `${dirname(found)}${delimiter}${process.env.PATH ?? ""}` },
});
// The terminal sends its signals to the whole group; only those sent to this process alone are passed on.
for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
process.on("SIGINT", () => {});
child.on("exit", (code, signal) => process.exit(code ?? (signal === "SIGINT" ? 130 : 1)));
