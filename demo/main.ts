// The whole story on this machine: from nothing to an installed binary. See README.md.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import type { z } from "zod";
import type { Show } from "../cli/shapes.ts";
import { down, type LocalAws, reset, up } from "../local/local-aws.ts";
import { localFolder, root } from "../tools/checkout.ts";
import { hostPlatform, install, unameAgent } from "../tools/install.ts";
import { quote } from "../tools/quote.ts";
import { Repository } from "../tools/repository.ts";
import { tidyRun } from "../tools/tidy-run.ts";
import { Steps } from "./steps.ts";
import { sizeTable } from "./table.ts";

const CMD = "greet";
const folder = join(localFolder, "demo");
const awsFolder = join(folder, "aws");
const steps = new Steps();
const say = (line: string) => steps.say(line);

await tidyRun({
  lockFile: join(localFolder, "demo.lock"),
  work: demo,
  cleanUp,
  async failed({ message }) {
    await down(awsFolder, () => {}).catch(() => {});
    const kept = `Everything is stopped; the files are kept in ${folder} until the next demo.`;
    return `The step "${steps.current}" failed:\n${message}\n${kept}`;
  },
});

async function demo(): Promise<void> {
  console.log(
    "hkdist: two releases of a Go command and an update between them, on an AWS inside this checkout.",
  );
  const platforms = [...new Set([hostPlatform(), "darwin-arm64", "windows-amd64"])];
  const version = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const newVersion = `${version}.1`;

  const repository = await steps.run("A git repository with a tagged Go command", async () => {
    const made = Repository.from("examples/greet", join(folder, CMD));
    made.commitAndTag("First release", `v${version}`);
    say(`examples/greet, tagged v${version}: ${made.folder}`);
    return made;
  });

  const local = await steps.run("A local AWS with the CDK app deployed", async () => {
    const config = join(folder, "hkdist.config.mjs");
    const command = {
      repository: repository.folder,
      branch: "main",
      mainPackage: ".",
      versionVariable: "main.version",
      directoryUrlVariable: "main.directoryURL",
      artifactsUrlVariable: "main.artifactsURL",
      platforms,
    };
    writeFileSync(config, `export default ${JSON.stringify({ commands: { [CMD]: command } }, null, 2)};\n`);
    const made = await up({ folder: awsFolder, config, log: say, endWithProcess: true });
    say(`directory ${made.directoryUrl}\nartifacts ${made.artifactsUrl}`);
    return made;
  });

  await steps.run(`A release for ${platforms.join(", ")}`, () => release(version));

  const binary = join(folder, "bin", CMD);
  await steps.run("An installation, as a user would", async () => {
    mkdirSync(join(folder, "bin"));
    steps.show(`curl -L -A "${unameAgent()}" ${quote(`${local.directoryUrl}${CMD}.gz`)} | gunzip > ${CMD}`);
    const installed = await install(local.directoryUrl, CMD, binary);
    say(`${installed.gzBytes.toLocaleString("en")} bytes from ${installed.from}`);
    greet(binary, "version", version);
    greet(binary, "Ada", "Hello");
    await checkHash(local, binary);
  });

  const second = await steps.run("A second release, of a changed program", async () => {
    const source = join(repository.folder, "main.go");
    writeFileSync(source, readFileSync(source, "utf8").replace("Hello,", "Good to see you,"));
    repository.commitAndTag("A warmer greeting", `v${newVersion}`);
    return release(newVersion);
  });

  await steps.run("The installed tool updates itself by patch", async () => {
    greet(binary, "update", "patched");
    greet(binary, "version", newVersion);
    greet(binary, "Ada", "Good to see you");
    await checkHash(local, binary);
  });

  console.log(`\nFrom ${version} to ${newVersion}:\n`);
  for (const line of sizeTable(second)) say(line);
  console.log(`\nAll of it took ${steps.total()}.`);
}

/** Releases the head of the repository as an operator does. @returns what there is of the version then */
async function release(version: string): Promise<z.infer<typeof Show>> {
  const where = ["--local", "--folder", relative(root, awsFolder)];
  const command = ["release", CMD, ...where];
  steps.show(["npx", "hkdist", ...command].map(quote).join(" "));
  await steps.handOver(() => hkdist(command, "inherit"));
  return JSON.parse(await hkdist(["show", CMD, version, "--json", ...where], "pipe"));
}

/** Runs the operator's command. @returns what it wrote, unless it wrote that to the terminal */
async function hkdist(args: string[], stdout: "inherit" | "pipe"): Promise<string> {
  const child = spawn(process.execPath, [join(root, "cli", "main.ts"), ...args], {
    cwd: root,
    stdio: ["ignore", stdout, "inherit"],
  });
  let text = "";
  child.stdout?.setEncoding("utf8").on("data", (part: string) => {
    text += part;
  });
  const [exitCode] = await once(child, "close");
  if (exitCode !== 0) throw new Error(`npx hkdist ${args[0]} ended with ${exitCode}`);
  return text;
}

/** Runs the installed program and looks for what it must say. */
function greet(binary: string, argument: string, expected: string): void {
  steps.show(`${CMD} ${argument}`);
  // Its own background check would come between.
  const env = { ...process.env, GREET_NO_UPDATE: "1" };
  const output = execFileSync(binary, [argument], { encoding: "utf8", env, timeout: 60_000 });
  say(output.trimEnd());
  if (!output.includes(expected)) throw new Error(`${CMD} ${argument} did not say "${expected}"`);
}

/** Holds the installed binary's SHA-256 against what the directory tells. */
async function checkHash(local: LocalAws, binary: string): Promise<void> {
  const url = `${local.directoryUrl}${CMD}/current/${hostPlatform()}.json`;
  steps.show(`curl ${quote(url)}`);
  const answer = await (await fetch(url, { signal: AbortSignal.timeout(30_000) })).text();
  say(answer.trimEnd());
  const { sha256 } = JSON.parse(answer) as { sha256: string };
  const own = createHash("sha256").update(readFileSync(binary)).digest("base64");
  if (sha256 !== own) throw new Error(`the installed binary has SHA-256 ${own}`);
  say("the installed binary has the same SHA-256");
}

async function cleanUp(): Promise<void> {
  await reset(awsFolder, () => {});
  rmSync(folder, { recursive: true, force: true });
}
