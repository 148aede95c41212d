import {
  DescribeExecutionCommand,
  ExecutionDoesNotExist,
  type ExecutionListItem,
  InvalidArn,
  ListExecutionsCommand,
} from "@aws-sdk/client-sfn";
import { isCommand } from "../../lambda/shared/names.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { CliError } from "../errors.ts";
import { type Asked, askedFor } from "./asked.ts";
import { type StatusWord, statusWord } from "./status.ts";
import type { Machine } from "./steps.ts";

/** Executions of each machine that are looked at for "the newest of this command". */
const MOST = 100;

export interface FoundExecution {
  arn: string;
  name: string;
  machine: Machine;
  status: StatusWord;
  startedAt: Date;
  endedAt: Date | undefined;
}

/** The newest executions of both machines, newest first. */
export async function newestExecutions(
  { steps, releaseMachineArn, promoteMachineArn }: Deployment,
  options: { running?: boolean; most?: number } = {},
): Promise<FoundExecution[]> {
  const machines = [
    ["release", releaseMachineArn],
    ["promote", promoteMachineArn],
  ] as const;
  const found = await Promise.all(
    machines.map(async ([machine, stateMachineArn]) => {
      const filter = options.running ? ({ statusFilter: "RUNNING" } as const) : {};
      const list = new ListExecutionsCommand({
        stateMachineArn,
        maxResults: options.most ?? MOST,
        ...filter,
      });
      const { executions = [] } = await steps.send(list);
      return executions.map((one) => foundExecution(machine, one));
    }),
  );
  return found.flat().toSorted((a, b) => b.startedAt.getTime() - a.startedAt.getTime());
}

function foundExecution(machine: FoundExecution["machine"], one: ExecutionListItem): FoundExecution {
  const { executionArn: arn = "", name = "", status = "RUNNING", startDate = new Date(0), stopDate } = one;
  return { arn, name, machine, status: statusWord(status), startedAt: startDate, endedAt: stopDate };
}

/** What an execution was asked for, and how it failed. */
export async function askedOf(
  { steps }: Deployment,
  { arn, machine }: Pick<FoundExecution, "arn" | "machine">,
): Promise<Asked & { error: string | undefined }> {
  const {
    input = "{}",
    output = "{}",
    error,
  } = await steps.send(new DescribeExecutionCommand({ executionArn: arn }));
  const asked = askedFor(machine, input);
  // A release of "the newest tag" tells its version in the end.
  const { version } = JSON.parse(output) as { version?: string };
  return { ...asked, version: version ?? asked.version, error };
}

/**
 * The execution that somebody means.
 * @param named its ARN or name, or a command, whose newest one it is; undefined: the running one, else the newest
 * @throws CliError `NotFound`, and `Usage` when several are running and none is named
 */
export async function findExecution(deployment: Deployment, named: string | undefined): Promise<string> {
  const { flags } = deployment;
  if (named?.startsWith("arn:")) return existing(deployment, named);
  if (named === undefined) {
    const running = await newestExecutions(deployment, { running: true });
    if (running.length > 1) {
      throw new CliError(
        "Usage",
        `${running.length} executions are running: ${running.map(({ name }) => name).join(", ")}.`,
        {
          next: `npx hkdist watch ${running[0]?.name}${flags}`,
        },
      );
    }
    const [newest] = running.length === 1 ? running : await newestExecutions(deployment, { most: 1 });
    if (newest !== undefined) return newest.arn;
    throw new CliError("NotFound", "Nothing has been started yet.", {
      next: `npx hkdist release <cmd>${flags}`,
    });
  }
  const found = await newestExecutions(deployment);
  const byName = found.find(({ name }) => name === named);
  if (byName !== undefined) return byName.arn;
  if (isCommand(named)) {
    // Those that this command has started say it in their names.
    const likely = found.toSorted(
      (a, b) => Number(b.name.startsWith(`${named}-`)) - Number(a.name.startsWith(`${named}-`)),
    );
    for (const one of likely) if ((await askedOf(deployment, one)).cmd === named) return one.arn;
  }
  for (const machineArn of [deployment.releaseMachineArn, deployment.promoteMachineArn]) {
    const arn = `${machineArn.replace(":stateMachine:", ":execution:")}:${named}`;
    const known = await existing(deployment, arn).catch((error: unknown) => {
      if (error instanceof CliError && error.kind === "NotFound") return undefined;
      throw error;
    });
    if (known !== undefined) return known;
  }
  throw new CliError(
    "NotFound",
    `There is no execution ${named}, and none of the newest ${MOST} is of a command ${named}.`,
    {
      next: `npx hkdist status${flags}`,
    },
  );
}

async function existing({ steps, flags }: Deployment, executionArn: string): Promise<string> {
  try {
    await steps.send(new DescribeExecutionCommand({ executionArn }));
    return executionArn;
  } catch (error) {
    if (!(error instanceof ExecutionDoesNotExist || error instanceof InvalidArn)) throw error;
    throw new CliError(
      "NotFound",
      `There is no execution ${executionArn}: Step Functions forgets them after 90 days.`,
      {
        cause: error,
        next: `npx hkdist status${flags}`,
      },
    );
  }
}
