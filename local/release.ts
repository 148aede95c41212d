import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import {
  CloudWatchLogsClient,
  GetLogEventsCommand,
  type OutputLogEvent,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { DescribeExecutionCommand, type ExecutionStatus, SFNClient } from "@aws-sdk/client-sfn";
import { clientEnvironment, clientSettings, type LocalAws } from "./local-aws.ts";

/** How an execution ended. */
export interface Ended {
  status: ExecutionStatus;
  output: string | undefined;
  error: string | undefined;
  cause: string | undefined;
}

/** The command that starts a machine, by default the release machine, as an operator types it. */
export function startCommand(
  local: LocalAws,
  input: unknown,
  machineArn = local.releaseMachineArn,
): string[] {
  const machine = ["--state-machine-arn", machineArn];
  return ["aws", "stepfunctions", "start-execution", ...machine, "--input", JSON.stringify(input)];
}

/** Starts an execution with the AWS CLI and returns its ARN. */
export async function startRelease(local: LocalAws, input: unknown, machineArn?: string): Promise<string> {
  const [program = "", ...args] = startCommand(local, input, machineArn);
  const { stdout } = await promisify(execFile)(program, args, {
    env: clientEnvironment(local),
    timeout: 60_000,
  });
  return (JSON.parse(stdout) as { executionArn: string }).executionArn;
}

/**
 * Waits for an execution's end, handing each log line of its builds on as it comes.
 * @throws Error after `limitSeconds`
 */
export async function followRelease(
  local: LocalAws,
  executionArn: string,
  say: (line: string) => void = () => {},
  limitSeconds = 600,
): Promise<Ended> {
  const clients = clientsOf(local);
  const deadline = Date.now() + limitSeconds * 1000;
  const logs = new BuildLogs(clients, say);
  for (;;) {
    const { status, startDate, output, error, cause } = await clients.steps.send(
      new DescribeExecutionCommand({ executionArn }),
    );
    await logs.printNew(startDate);
    if (status !== undefined && status !== "RUNNING") return { status, output, error, cause };
    if (Date.now() > deadline) throw new Error(`${executionArn} is still running after ${limitSeconds} s`);
    await sleep(500);
  }
}

function clientsOf(local: LocalAws) {
  const options = clientSettings(local);
  return {
    steps: new SFNClient(options),
    builds: new CodeBuildClient(options),
    logs: new CloudWatchLogsClient(options),
  };
}

/** The log lines of all builds that started since the release did: one release at a time, as in the demo. */
class BuildLogs {
  private readonly clients: ReturnType<typeof clientsOf>;
  private readonly say: (line: string) => void;
  private readonly position = new Map<string, string | undefined>();

  constructor(clients: ReturnType<typeof clientsOf>, say: (line: string) => void) {
    this.clients = clients;
    this.say = say;
  }

  async printNew(since: Date = new Date()): Promise<void> {
    const { ids = [] } = await this.clients.builds.send(new ListBuildsCommand({ sortOrder: "DESCENDING" }));
    if (ids.length === 0) return;
    const { builds = [] } = await this.clients.builds.send(
      new BatchGetBuildsCommand({ ids: ids.slice(0, 10) }),
    );
    const mine = builds.filter(({ startTime }) => startTime && startTime.getTime() >= since.getTime() - 1000);
    for (const { logs } of mine.reverse()) {
      if (!logs?.groupName || !logs.streamName) continue;
      const events = await this.newEvents(logs.groupName, logs.streamName);
      for (const { message = "" } of events) {
        // CodeBuild's own lines tell phases; the scripts' tell what happens.
        if (!message.startsWith("[Container]")) this.say(`| ${message.trimEnd()}`);
      }
    }
  }
  private async newEvents(logGroupName: string, logStreamName: string): Promise<OutputLogEvent[]> {
    const nextToken = this.position.get(logStreamName);
    try {
      const page = await this.clients.logs.send(
        new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken }),
      );
      this.position.set(logStreamName, page.nextForwardToken);
      return page.events ?? [];
    } catch (error) {
      // A build is there a moment before its log stream is.
      if (error instanceof ResourceNotFoundException) return [];
      throw error;
    }
  }
}
