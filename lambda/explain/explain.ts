import type { Build } from "@aws-sdk/client-codebuild";
import type { ExplainEvent } from "../shared/payloads.ts";

const BUILD_ID = /arn:aws[\w-]*:codebuild:[\w-]+:\d{12}:build\/([\w.-]+:[0-9a-f-]{36})/;

/** The id of the build that a task failure's cause is about, or undefined when the build did not even start. */
export function buildIdIn(cause: string): string | undefined {
  return BUILD_ID.exec(cause)?.[1];
}

/** One sentence on which phase failed and why, and where its log is. */
export function explainBuild(step: ExplainEvent["step"], cmd: string, build: Build): string {
  const failed = build.phases?.filter(
    ({ phaseStatus }) => phaseStatus && !["SUCCEEDED", "IN_PROGRESS"].includes(phaseStatus),
  );
  const reasons = failed?.map(({ phaseType, phaseStatus, contexts }) => {
    const messages = contexts?.flatMap(({ statusCode, message }) =>
      [statusCode, message].filter(Boolean).join(": "),
    );
    return `${phaseType} ${phaseStatus}${messages?.length ? ` (${messages.join("; ")})` : ""}`;
  });
  const where = build.logs?.deepLink ?? "CodeBuild's console";
  const log = build.logs?.groupName
    ? ` (log group ${build.logs.groupName}, stream ${build.logs.streamName})`
    : "";
  return (
    `the ${step === "source" ? "source build" : "build"} of ${cmd} ended as ${build.buildStatus}` +
    `${reasons?.length ? `: ${reasons.join(", ")}` : ""}. Its log: ${where}${log}. ` +
    "What it had stored by then is kept; start the release again to go on."
  );
}
