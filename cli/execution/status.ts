import type { ExecutionStatus } from "@aws-sdk/client-sfn";

/** How an execution is, as people say it. */
export type StatusWord = "running" | "succeeded" | "failed" | "timed out" | "stopped";

const WORDS: Record<ExecutionStatus, StatusWord> = {
  RUNNING: "running",
  PENDING_REDRIVE: "running",
  SUCCEEDED: "succeeded",
  FAILED: "failed",
  TIMED_OUT: "timed out",
  ABORTED: "stopped",
};

export function statusWord(status: ExecutionStatus): StatusWord {
  return WORDS[status];
}

export function isRunning({ status }: { status: ExecutionStatus }): boolean {
  return statusWord(status) === "running";
}
