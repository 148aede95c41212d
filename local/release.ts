import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { DescribeExecutionCommand, type ExecutionStatus, SFNClient } from "@aws-sdk/client-sfn";
import { clientEnvironment, clientSettings, type LocalAws } from "./local-aws.ts";

/** How an execution ended. */
export interface Ended {
  status: ExecutionStatus;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
}

/** Starts a machine, by default the release machine, with the AWS CLI, as an operator may. @returns the execution's ARN */
export async function startRelease(
  local: LocalAws,
  input: unknown,
  machineArn = local.releaseMachineArn,
): Promise<string> {
  const machine = ["--state-machine-arn", machineArn];
  const args = ["stepfunctions", "start-execution", ...machine, "--input", JSON.stringify(input)];
  const { stdout } = await promisify(execFile)("aws", args, {
    env: clientEnvironment(local),
    timeout: 60_000,
  });
  return (JSON.parse(stdout) as { executionArn: string }).executionArn;
}

/**
 * Waits for an execution's end.
 * @throws Error after `limitSeconds`
 */
export async function followRelease(
  local: LocalAws,
  executionArn: string,
  limitSeconds = 600,
): Promise<Ended> {
  const steps = new SFNClient(clientSettings(local));
  const deadline = Date.now() + limitSeconds * 1000;
  for (;;) {
    const { status, output, error, cause } = await steps.send(new DescribeExecutionCommand({ executionArn }));
    if (status !== undefined && status !== "RUNNING") return { status, output, error, cause };
    if (Date.now() > deadline) throw new Error(`${executionArn} is still running after ${limitSeconds} s`);
    await sleep(500);
  }
}
