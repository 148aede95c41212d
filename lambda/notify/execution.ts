import { DescribeExecutionCommand, type SFNClient } from "@aws-sdk/client-sfn";
import type { PatchResult, Promoted } from "../shared/payloads.ts";
import { askedFor } from "../shared/step.ts";

/** An ended execution, as far as it is told of. */
export interface Execution {
  machine: "release" | "promote";
  status: "SUCCEEDED" | "FAILED" | "TIMED_OUT" | "ABORTED";
  /** What it was asked for, if that could be read. */
  asked: { cmd?: string; version?: string };
  /** What a machine that succeeded says; empty otherwise. */
  output: Output;
  error: string | undefined;
  cause: string | undefined;
}

interface Output extends Partial<Pick<Promoted, "cmd" | "version" | "action">> {
  artifacts?: { platform: string }[];
  patches?: (Pick<PatchResult, "platform" | "from" | "outcome"> & { reason?: string })[];
  published?: unknown;
}

/** The event that started us has the input and output of small executions only: so the execution is looked up. */
export async function describeExecution(
  sfn: SFNClient,
  executionArn: string,
  releaseMachineArn: string,
): Promise<Execution> {
  const found = await sfn.send(new DescribeExecutionCommand({ executionArn }));
  return {
    machine: found.stateMachineArn === releaseMachineArn ? "release" : "promote",
    status: found.status as Execution["status"],
    asked: askedFor(parsed(found.input)),
    output: found.status === "SUCCEEDED" ? (parsed(found.output) as Output) : {},
    error: found.error,
    cause: found.cause,
  };
}

/** The input is what people typed. */
function parsed(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? "{}");
  } catch {
    return {};
  }
}
