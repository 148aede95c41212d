import { RemovalPolicy } from "aws-cdk-lib";
import { LogGroup, type LogGroupProps, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

/** A log group that forgets after a while, three months by default, and goes with the stack. */
export function keptLog(
  scope: Construct,
  id: string,
  options: Pick<LogGroupProps, "logGroupName" | "retention"> = {},
): LogGroup {
  const defaults = { retention: RetentionDays.THREE_MONTHS, removalPolicy: RemovalPolicy.DESTROY };
  return new LogGroup(scope, id, { ...defaults, ...options });
}
