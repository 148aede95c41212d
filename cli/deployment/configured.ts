import { DescribeStateMachineCommand } from "@aws-sdk/client-sfn";
import type { ReleasableCommands } from "../../lambda/shared/payloads.ts";
import { CliError } from "../errors.ts";
import type { Deployment } from "./deployment.ts";

/** The commands as they were deployed: a constant in the release machine's first state (lib/release-machine.ts). */
export async function configuredCommands({
  steps,
  releaseMachineArn,
}: Deployment): Promise<ReleasableCommands> {
  const { definition = "{}" } = await steps.send(
    new DescribeStateMachineCommand({ stateMachineArn: releaseMachineArn }),
  );
  const { States } = JSON.parse(definition) as {
    States?: { Request?: { Arguments?: { Payload?: { commands?: ReleasableCommands } } } };
  };
  const commands = States?.Request?.Arguments?.Payload?.commands;
  if (commands === undefined) {
    throw new CliError(
      "Trouble",
      "The release machine's definition does not have its commands where this checkout has them.",
      { next: "use the checkout that the stack was deployed from" },
    );
  }
  return commands;
}
