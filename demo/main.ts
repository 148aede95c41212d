// The whole story on this machine: from nothing to an installed binary. See README.md.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientEnvironment, reset, up } from "../local/local-aws.ts";
import { localFolder } from "../tools/checkout.ts";
import { withLock } from "../tools/lock.ts";
import { quote } from "../tools/quote.ts";
import { endCommands } from "../tools/run.ts";
import { hostPlatform, install, unameAgent } from "./install.ts";
import { followRelease, startCommand, startRelease } from "./release.ts";
import { Repository } from "./repository.ts";
import { Steps } from "./steps.ts";

const CMD = "greet";
const folder = join(localFolder, "demo");
const awsFolder = join(folder, "aws");
const steps = new Steps();
const say = (line: string) => steps.say(line);

let interrupted = false;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.once(signal, () => {
    interrupted = true;
    console.error(`\nStopped by ${signal}; cleaning up.`);
    endCommands();
    void cleanUp().finally(() => process.exit(130));
  });
}

try {
  await withLock(join(localFolder, "demo.lock"), { waitSeconds: 0 }, async () => {
    try {
      await demo();
    } finally {
      await cleanUp();
    }
  });
} catch (error) {
  // The clean-up takes what the demo stands on; what it says then is of no interest.
  if (interrupted) await new Promise(() => {});
  console.error(`\nThe demo failed in the step "${steps.current}":\n${(error as Error).message}`);
  process.exit(1);
}

async function demo(): Promise<void> {
  console.log("hkdist: one release of a Go command, on an AWS inside this checkout.");
  await cleanUp(); // what an interrupted demo left
  const platforms = [...new Set([hostPlatform(), "darwin-arm64", "windows-amd64"])];
  const tag = `v${new Date().toISOString().slice(0, 10).replaceAll("-", "")}`;
  const version = tag.slice(1);

  const repository = await steps.run("A git repository with a tagged Go command", async () => {
    const made = Repository.fromExample("greet", join(folder, CMD));
    made.commitAndTag("First release", tag);
    say(`examples/greet, tagged ${tag}: ${made.folder}`);
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

  await steps.run(`A release for ${platforms.join(", ")}`, async () => {
    const input = { cmd: CMD };
    steps.show(startCommand(local, input).map(quote).join(" "));
    const ended = await followRelease(local, await startRelease(local, input), say);
    if (ended.status !== "SUCCEEDED") {
      throw new Error(`the execution ended as ${ended.status}, ${ended.error}: ${ended.cause}`);
    }
  });

  const binary = join(folder, "bin", CMD);
  const installed = await steps.run("An installation, as a user would", async () => {
    mkdirSync(join(folder, "bin"));
    steps.show(`curl -L -A "${unameAgent()}" ${quote(`${local.directoryUrl}${CMD}.gz`)} | gunzip > ${CMD}`);
    const done = await install(local.directoryUrl, CMD, binary);
    say(`${done.gzBytes.toLocaleString("en")} bytes from ${done.from}`);
    steps.show(`${CMD} version --verbose`);
    const output = execFileSync(binary, ["version", "--verbose"], {
      encoding: "utf8",
      env: clientEnvironment(local),
    });
    say(output.trimEnd());
    if (!output.includes(version)) throw new Error(`the installed ${CMD} does not say that it is ${version}`);
    return done;
  });

  await steps.run("Its SHA-256, against the directory", async () => {
    const url = `${local.directoryUrl}${CMD}/current/${hostPlatform()}.json`;
    steps.show(`curl ${quote(url)}`);
    const answer = await (await fetch(url)).text();
    say(answer.trimEnd());
    const { sha256 } = JSON.parse(answer) as { sha256: string };
    if (sha256 !== installed.sha256) throw new Error(`the installed binary has SHA-256 ${installed.sha256}`);
    say("the same as the installed binary's");
  });
  console.log(`\nAll of it took ${steps.total()}.`);
}

async function cleanUp(): Promise<void> {
  await reset(awsFolder, () => {});
  rmSync(folder, { recursive: true, force: true });
}
