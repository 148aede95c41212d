import { DescribeStateMachineCommand } from "@aws-sdk/client-sfn";
import type { ReleasableCommands } from "../../lambda/shared/payloads.ts";
import { CliError } from "../errors.ts";
import type { Deployment } from "./deployment.ts";

/** What of the configuration is constant in the release machine's definition (lib/release-machine.ts). */
export interface Deployed {
  commands: ReleasableCommands;
  buildConcurrency: number;
  patchConcurrency: number;
}

interface State {
  MaxConcurrency?: number;
  Arguments?: { Payload?: { commands?: ReleasableCommands } };
}

/** The configuration as it was deployed. @throws CliError when another version of hkdist made the definition */
export async function deployedConfiguration({ steps, releaseMachineArn }: Deployment): Promise<Deployed> {
  const { definition = "{}" } = await steps.send(
    new DescribeStateMachineCommand({ stateMachineArn: releaseMachineArn }),
  );
  const { States = {} } = JSON.parse(definition) as { States?: Record<string, State> };
  const commands = States["Request"]?.Arguments?.Payload?.commands;
  if (commands === undefined) {
    throw new CliError(
      "Trouble",
      "The release machine's definition does not have its commands where this checkout has them: another version of hkdist was deployed.",
      { next: "use the checkout that the stack was deployed from" },
    );
  }
  return {
    commands,
    buildConcurrency: States["Build"]?.MaxConcurrency ?? 1,
    patchConcurrency: States["Patch"]?.MaxConcurrency ?? 1,
  };
}
