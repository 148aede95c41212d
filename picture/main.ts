// Makes the pictures in README.md, of a real release on a local AWS of its own: docs/release.svg, which shows it in the
// terminal, and docs/page.png, the download page after it.
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { clientEnvironment, type LocalAws, reset, up } from "../local/local-aws.ts";
import { followRelease, startRelease } from "../local/release.ts";
import { localFolder, root } from "../tools/checkout.ts";
import { Repository } from "../tools/repository.ts";
import { tidyRun } from "../tools/tidy-run.ts";
import { drawPage } from "./page.ts";
import { Recorder } from "./recorder.ts";

const CMD = "greet";
const PLATFORMS = ["darwin-arm64", "linux-amd64", "windows-amd64"];
/** The last one's release is recorded; the others are there before, for patches. */
const VERSIONS = [
  { version: "20260110", greeting: "Hello," },
  { version: "20260117", greeting: "Good day," },
  { version: "20260124", greeting: "Good morning," },
  { version: "20260131", greeting: "Good to see you," },
];
const COMMANDS = [`npx hkdist release ${CMD}`, `npx hkdist status ${CMD}`];
const picture = join(root, "docs", "release.svg");
const pageDrawn = join(root, "docs", "page.png");
/** Bytes: more is too slow to load for a picture in a page. */
const LARGEST = 120_000;

const folder = join(localFolder, "picture");
const awsFolder = join(folder, "aws");
let recorder: Recorder | undefined;
const say = (line: string) => console.log(line);

await tidyRun({ lockFile: join(localFolder, "picture.lock"), work: record, cleanUp });

async function record(): Promise<void> {
  const repository = Repository.from("examples/greet", join(folder, CMD));
  const source = join(repository.folder, "main.go");
  const original = readFileSync(source, "utf8");
  const tag = ({ version, greeting }: (typeof VERSIONS)[number]) => {
    writeFileSync(source, original.replace("Hello,", greeting));
    repository.commitAndTag(`It says: ${greeting}`, `v${version}`);
  };
  const config = join(folder, "hkdist.config.mjs");
  const command = {
    repository: repository.folder,
    branch: "main",
    mainPackage: ".",
    versionVariable: "main.version",
    directoryUrlVariable: "main.directoryURL",
    artifactsUrlVariable: "main.artifactsURL",
    platforms: PLATFORMS,
  };
  writeFileSync(config, `export default ${JSON.stringify({ commands: { [CMD]: command } })};\n`);
  const local = await up({ folder: awsFolder, config, log: say, endWithProcess: true });
  say("Installing the recorder.");
  recorder = new Recorder(folder);
  await recorder.install();

  for (const [index, one] of VERSIONS.entries()) {
    tag(one);
    if (index < VERSIONS.length - 1) {
      say(`Releasing ${one.version}.`);
      await release(local);
    }
  }

  say("Recording.");
  const outputs = await recorder.record(COMMANDS, terminalEnvironment(local));
  const shown = outputs.map(([, , text]) => text).join("");
  const expected = `${CMD} ${VERSIONS.at(-1)?.version} was made current on ${PLATFORMS.length} platforms:`;
  if (!shown.includes(expected)) throw new Error(`The recorded release went wrong:\n${shown}`);
  await recorder.draw(outputs, picture);
  await drawPage(local, CMD, pageDrawn);
  for (const file of [picture, pageDrawn]) {
    const { size } = statSync(file);
    if (size > LARGEST) throw new Error(`${file} has ${size} bytes, more than ${LARGEST}.`);
    say(`${file}: ${size.toLocaleString("en")} bytes`);
  }
}

async function release(local: LocalAws): Promise<void> {
  const { status, error, cause } = await followRelease(local, await startRelease(local, { cmd: CMD }));
  if (status !== "SUCCEEDED") throw new Error(`The execution ended as ${status}, ${error}: ${cause}`);
}

/**
 * With AWS_ENDPOINT_URL and credentials for the local AWS, so that the commands are typed as for AWS, and what is shown is
 * what runs. Without what is the recording person's own.
 */
function terminalEnvironment(local: LocalAws): Record<string, string> {
  const home = join(folder, "home");
  mkdirSync(home);
  const personal = /^(npm_|XDG_|HKDIST_)|^(CI|NO_COLOR|FORCE_COLOR|INIT_CWD)$/i;
  const environment = Object.entries(clientEnvironment(local)).filter(([name]) => !personal.test(name));
  return {
    ...Object.fromEntries(environment),
    HOME: home,
    TERM: "xterm-256color",
    npm_config_progress: "false",
    npm_config_update_notifier: "false",
  };
}

async function cleanUp(): Promise<void> {
  recorder?.stop();
  await reset(awsFolder, () => {});
  rmSync(folder, { recursive: true, force: true });
}
