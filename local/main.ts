// The command line of the local AWS: see `usage`.
import { delimiter, join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { loadConfig } from "../lib/config/load-config.ts";
import { nodeBin, root } from "../tools/checkout.ts";
import { exitWhenInterrupted } from "../tools/exit-when-interrupted.ts";
import { quote } from "../tools/quote.ts";
import { awsSettings, noProxy } from "./environment.ts";
import { down, type LocalAws, reset, up } from "./local-aws.ts";
import { defaultFolder, venvBin } from "./paths.ts";

const usage = `npm run local [-- [--config <file>] [--json] [--folder <folder>]]
  brings the local AWS up with the app deployed (--config: another configuration than hkdist.config.ts;
  --json: one JSON object on standard output; --folder: another state folder than .local/aws)
npm run local:down [-- --folder <folder>]    stops it; its data are kept
npm run local:reset [-- --folder <folder>]   stops it and forgets its data`;

const log = (line: string) => console.error(line);

// The next call takes over what was left half done.
exitWhenInterrupted();

try {
  await main();
} catch (error) {
  console.error(process.env["HKDIST_DEBUG"] ? error : (error as Error).message);
  process.exitCode = 1;
}

async function main(): Promise<void> {
  const request = parse(process.argv.slice(2));
  if (!request) {
    console.error(usage);
    process.exitCode = 2;
    return;
  }
  if (request.command === "down") return down(request.folder, log);
  if (request.command === "reset") return reset(request.folder, log);
  const local = await up({ folder: request.folder, config: request.config, log });
  if (request.json) console.log(JSON.stringify(local));
  else console.log(instructions(local, await firstCommand(request.config), request.folder));
}

/** Null when the arguments are not understood. */
function parse(args: string[]) {
  try {
    const { values, positionals } = parseArgs({
      args,
      allowPositionals: true,
      options: { config: { type: "string" }, json: { type: "boolean" }, folder: { type: "string" } },
    });
    const [command, ...rest] = positionals;
    if (rest.length > 0 || !["up", "down", "reset"].includes(command ?? "")) return null;
    if (command !== "up" && (values.config || values.json)) return null;
    return {
      command,
      json: values.json ?? false,
      // npm starts scripts in the checkout and tells where it was called.
      config: values.config
        ? resolve(process.env["INIT_CWD"] ?? "", values.config)
        : join(root, "hkdist.config.ts"),
      folder: resolve(values.folder ?? defaultFolder),
    };
  } catch {
    return null;
  }
}

/** The name of the configuration's first command, for the example. */
async function firstCommand(config: string): Promise<string> {
  const { commands } = await loadConfig(config, { endpointUrl: "local" });
  return Object.keys(commands)[0] ?? "";
}

function instructions(local: LocalAws, command: string, folder: string): string {
  const isDefault = folder === resolve(defaultFolder);
  const settings = { ...awsSettings(local), ...noProxy() };
  const exports = Object.entries(settings).map(([name, value]) => `export ${name}=${quote(value)}`);
  const where = isDefault ? "--local" : `--local --folder ${quote(folder)}`;
  return `
The local AWS is up:
  directory  ${local.directoryUrl}
  artifacts  ${local.artifactsUrl}

To release, and to see what is there:
npx hkdist release ${command} ${where}
npx hkdist status ${where}
curl ${quote(`${local.directoryUrl}release.json`)}

To do the same with the AWS CLI from this shell:
unset AWS_PROFILE AWS_SESSION_TOKEN
${exports.join("\n")}
export PATH=${quote(nodeBin)}${delimiter}${quote(venvBin)}${delimiter}"$PATH"
aws stepfunctions start-execution --state-machine-arn ${quote(local.releaseMachineArn)} --input ${quote(JSON.stringify({ cmd: command }))}
aws stepfunctions describe-execution --execution-arn <the executionArn it printed>

To stop it:
npm run local:down${isDefault ? "" : ` -- --folder ${quote(folder)}`}`;
}
