import {
  type CloudFormationClient,
  DescribeStacksCommand,
  paginateDescribeStacks,
  type Stack,
} from "@aws-sdk/client-cloudformation";
import { CliError } from "../errors.ts";

/** The stack's outputs (lib/hkdist-stack.ts) by which everything else is found. */
const NEEDED = [
  ...["ReleaseMachineArn", "PromoteMachineArn", "ArtifactsBucket", "Table"],
  ...["DirectoryUrl", "ArtifactsUrl", "AlertsTopicArn"],
] as const;
export type Outputs = Record<string, string>;

/** What the app calls its stack (bin/hkdist.ts). */
const USUAL = "hkdist";

/**
 * The stack with that name; without a name the one called hkdist, else the only one that has hkdist's outputs.
 * @throws CliError `NotFound` when there is none, `Usage` when there are several
 */
export async function findStack(
  client: CloudFormationClient,
  name: string | undefined,
): Promise<{ name: string; status: string; outputs: Outputs }> {
  const stack =
    (await describeStack(client, name ?? USUAL)) ??
    (name === undefined ? await onlyStack(client) : undefined);
  const region = await client.config.region();
  if (stack === undefined) {
    throw new CliError("NotFound", `There is no stack ${name ?? USUAL} in ${region}.`, {
      next: "name it with --stack, its region with --region and its account with --profile; or deploy it (docs/quick-start.md)",
    });
  }
  const outputs = outputsOf(stack);
  const missing = NEEDED.filter((one) => outputs[one] === undefined);
  const { StackName = "", StackStatus: status = "" } = stack;
  if (missing.length > 0) {
    throw new CliError(
      "NotFound",
      `Stack ${StackName} in ${region} is ${status} and lacks the outputs ${missing.join(", ")}: it is no deployment of hkdist, ` +
        "or one that was never finished.",
      { next: "npx cdk deploy, or another --stack" },
    );
  }
  return { name: StackName, status, outputs };
}

async function describeStack(client: CloudFormationClient, StackName: string): Promise<Stack | undefined> {
  try {
    return (await client.send(new DescribeStacksCommand({ StackName }))).Stacks?.[0];
  } catch (error) {
    // CloudFormation has no name of its own for it.
    const { name, message } = error as Error;
    if (name === "ValidationError" && message.includes("does not exist")) return undefined;
    // Rights for one stack do not tell whether there is another.
    if (name === "AccessDenied") {
      throw new CliError("NotAllowed", `Stack ${StackName} may not be looked at: ${message}`, {
        cause: error,
        next: "another --stack, --region or --profile; or the stack's LookPolicyArn (docs/operators.md)",
      });
    }
    throw error;
  }
}

async function onlyStack(client: CloudFormationClient): Promise<Stack | undefined> {
  const found: Stack[] = [];
  try {
    for await (const { Stacks = [] } of paginateDescribeStacks({ client }, {})) {
      found.push(
        ...Stacks.filter((stack) => {
          const outputs = outputsOf(stack);
          return NEEDED.every((one) => outputs[one] !== undefined);
        }),
      );
    }
  } catch {
    // Who may look at one stack only has to name it.
    return undefined;
  }
  if (found.length > 1) {
    const names = found.map(({ StackName }) => StackName).join(", ");
    throw new CliError("Usage", `There are several deployments of hkdist here: ${names}.`, {
      next: `the same with --stack ${found[0]?.StackName}`,
    });
  }
  return found[0];
}

function outputsOf({ Outputs = [] }: Stack): Outputs {
  return Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
}
