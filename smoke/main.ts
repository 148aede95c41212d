// Looks whether a live deployment does what it should: see `usage`.
import { resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { parseArgs } from "node:util";
import { deployedLocally } from "../local/local-aws.ts";
import { defaultFolder } from "../local/paths.ts";
import { runTool } from "../tools/run-tool.ts";
import { UserError } from "../tools/user-error.ts";
import type { Check, World } from "./check.ts";
import { CHECKS } from "./checks.ts";
import { cleanUp } from "./clean-up.ts";
import { findDeployment } from "./deployment.ts";
import { newCommand } from "./own-command.ts";
import { twoVersions } from "./samples.ts";

const usage = `npm run smoke -- --stack <name> [--region <region>] [--profile <profile>] [--no-build]
npm run smoke -- --local [--folder <folder>] [--stack <name>] [--no-build]
  checks on a live deployment what the local AWS cannot show, under a command's name of its own, and removes what it made
  --stack     the CloudFormation stack; hkdist on the local AWS
  --region, --profile  as the AWS CLI takes them
  --no-build  leaves out the check that runs a build of a minute or two
  --local     the local AWS (--folder: another one than .local/aws); what cannot hold there is skipped by name
One release is started that must be refused: the alarm "A release failed" rings once.
docs/first-deployment.md says which rights it takes. Ctrl-C cleans up too.
Ends with 0 when all holds, 1 when something does not or stayed behind, 2 when it was not understood.`;

/** Milliseconds that an interrupted check gets to its end. */
const LAST_CHECK_LIMIT = 20_000;

await runTool(usage, parse, main);

async function main(request: NonNullable<ReturnType<typeof parse>>): Promise<number> {
  const { stack, region, profile, build, folder } = request;
  if (region !== undefined) process.env["AWS_REGION"] = region;
  if (profile !== undefined) process.env["AWS_PROFILE"] = profile;
  const local = folder === undefined ? undefined : deployedLocally(folder);
  if (folder !== undefined && local === undefined) throw new UserError(`There is no local AWS in ${folder}.`);

  const deployment = await findDeployment(stack, local);
  const cmd = newCommand();
  const world: World = { deployment, cmd, samples: twoVersions(cmd), stops: [] };
  const interrupted = onSignal();
  console.log(`Checking ${stack} in ${deployment.region} as command ${cmd}`);
  let failed = 0;
  try {
    for (const check of CHECKS) {
      const running = run(check, world, build);
      const outcome = await Promise.race([running, interrupted]);
      if (outcome === "interrupted") {
        failed++;
        console.log("interrupted: cleaning up");
        await stopAll(world);
        // What it is about to store must be there before it is looked for.
        await Promise.race([running, sleep(LAST_CHECK_LIMIT, undefined, { ref: false })]);
        break;
      }
      if (outcome === "FAILED") failed++;
    }
  } finally {
    await stopAll(world);
    failed += await clean(world);
  }
  return failed === 0 ? 0 : 1;
}

/** A failed `fetch` says why in its cause. */
function tell({ name, message, cause }: Error): string {
  const why = cause instanceof Error ? `: ${cause.message}` : "";
  return `${name === "Error" ? "" : `${name}: `}${message}${why}`;
}

async function stopAll({ stops }: World): Promise<void> {
  for (const stop of stops.splice(0)) await stop().catch(() => {});
}

async function run(check: Check, world: World, build: boolean): Promise<"ok" | "FAILED" | "skipped"> {
  const why = world.deployment.isLocal
    ? check.notLocal && `the local AWS cannot show it: ${check.notLocal}`
    : undefined;
  const skipped = why ?? (check.builds && !build ? "--no-build" : undefined);
  if (skipped !== undefined) {
    console.log(`skipped  ${check.name}: ${skipped}`);
    return "skipped";
  }
  try {
    const found = await check.look(world);
    console.log(`ok       ${check.name}${found ? ` (${found})` : ""}`);
    return "ok";
  } catch (error) {
    console.log(`FAILED   ${check.name}: ${tell(error as Error)}`);
    return "FAILED";
  }
}

/** @returns how much could not be removed */
async function clean({ deployment, cmd }: World): Promise<number> {
  const { removed, stayed } = await cleanUp(deployment, cmd);
  console.log(`removed ${removed.length}:`);
  for (const name of removed) console.log(`  ${name}`);
  if (stayed.length > 0) console.log(`could not remove ${stayed.length}; these commands do:`);
  for (const { name, problem, command } of stayed) console.log(`  # ${name}: ${problem}\n  ${command}`);
  return stayed.length;
}

/** Resolves at the first Ctrl-C; the second ends at once. */
function onSignal(): Promise<"interrupted"> {
  return new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      process.once(signal, () => resolve("interrupted"));
    }
  });
}

/** Undefined when the arguments are not understood. */
function parse() {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean", default: false } as const;
    const { values } = parseArgs({
      options: {
        ...{ stack: text, region: text, profile: text, folder: text },
        ...{ local: flag, "no-build": flag },
      },
    });
    const { stack, region, profile, folder, local } = values;
    const common = { region, profile, build: !values["no-build"] };
    if (local) {
      const isRight = region === undefined && profile === undefined;
      // npm starts scripts in the checkout and tells where it was called.
      const at = folder === undefined ? defaultFolder : resolve(process.env["INIT_CWD"] ?? "", folder);
      return isRight ? { ...common, stack: stack ?? "hkdist", folder: at } : undefined;
    }
    return stack === undefined || folder !== undefined ? undefined : { ...common, stack, folder: undefined };
  } catch {
    return undefined;
  }
}
