import { artifactsNewestFirst } from "../../lambda/shared/artifacts.ts";
import { allCurrent, type Current } from "../../lambda/shared/current.ts";
import type { ReleasableCommands } from "../../lambda/shared/payloads.ts";
import { CliError } from "../errors.ts";
import { deployedConfiguration } from "./definition.ts";
import type { Deployment } from "./deployment.ts";

export interface KnownCommand {
  cmd: string;
  /** Undefined when it has left the configuration. */
  configured: ReleasableCommands[string] | undefined;
  /** Undefined when nothing was ever published. */
  current: Current | undefined;
}

/** The commands that are configured or have something current, by name. */
export async function knownCommands(deployment: Deployment): Promise<KnownCommand[]> {
  const [{ commands: configured }, current] = await Promise.all([
    deployedConfiguration(deployment),
    allCurrent(deployment.table),
  ]);
  const names = new Set([...Object.keys(configured), ...current.map(({ cmd }) => cmd)]);
  return [...names].toSorted().map((cmd) => ({
    cmd,
    configured: configured[cmd],
    current: current.find((one) => one.cmd === cmd),
  }));
}

/** @throws CliError `NotFound` with the names that there are */
export async function knownCommand(deployment: Deployment, cmd: string): Promise<KnownCommand> {
  const known = await knownCommands(deployment);
  const found = known.find((one) => one.cmd === cmd);
  if (found !== undefined) return found;
  // One that was never published and is no longer configured, or was imported for another one's past.
  for await (const _ of artifactsNewestFirst(deployment.table, cmd)) {
    return { cmd, configured: undefined, current: undefined };
  }
  const names = known.map((one) => one.cmd).join(", ");
  throw new CliError(
    "NotFound",
    `There is no command ${cmd} in stack ${deployment.stack}; there is ${names}.`,
    {
      next: `npx hkdist status${deployment.flags}`,
    },
  );
}
