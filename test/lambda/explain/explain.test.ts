import { describe, expect, it } from "vitest";
import { buildIdIn, explainBuild } from "../../../lambda/explain/explain.ts";

const ID = "hkdist-build-greet:01234567-89ab-cdef-0123-456789abcdef";
const ARN = `arn:aws:codebuild:eu-west-1:123456789012:build/${ID}`;

describe("the build in a cause", () => {
  it.each([
    [
      "the failed build as a document",
      JSON.stringify({ Build: { Arn: ARN, BuildStatus: "FAILED", Id: ID } }),
      ID,
    ],
    [
      "a document with other fields before it",
      JSON.stringify({ Build: { A: "arn:aws:x", Arn: ARN } }, null, 2),
      ID,
    ],
    ["a sentence", `Build ${ARN} of hkdist-build-greet failed (status: STOPPED).`, ID],
    ["another partition", `x arn:aws-cn:codebuild:cn-north-1:123456789012:build/${ID} x`, ID],
    [
      "a project name with a dot and an underscore",
      ARN.replace("AbC123", "a.b_c"),
      ID.replace("AbC123", "a.b_c"),
    ],
    ["nothing", "", undefined],
    ["a refusal to start", "Cannot have more than 1 builds in queue for the account", undefined],
    ["a project, not a build", "arn:aws:codebuild:eu-west-1:123456789012:project/greet", undefined],
    ["a report, not a build", ARN.replace(":build/", ":report/"), undefined],
    ["an id that is cut short", ARN.slice(0, -1), undefined],
  ])("that is %s", (_, cause, id) => expect(buildIdIn(cause)).toBe(id));
});

describe("the explanation of a failed build", () => {
  const LOG = {
    deepLink: "https://console.example.com/log",
    groupName: "/group",
    streamName: "stream-1",
  };
  const LOG_WORDS = "Its log: https://console.example.com/log (log group /group, stream stream-1). ";
  const KEPT = "What it had stored by then is kept; start the release again to go on.";

  it.each([
    [
      "names the phase, its reasons and the log",
      {
        buildStatus: "FAILED" as const,
        phases: [
          { phaseType: "INSTALL" as const, phaseStatus: "SUCCEEDED" as const },
          {
            phaseType: "BUILD" as const,
            phaseStatus: "FAILED" as const,
            contexts: [{ statusCode: "COMMAND_EXECUTION_ERROR", message: "exit status 1: bash build.sh" }],
          },
          { phaseType: "COMPLETED" as const },
        ],
        logs: LOG,
      },
      "the build of greet ended as FAILED: " +
        `BUILD FAILED (COMMAND_EXECUTION_ERROR: exit status 1: bash build.sh). ${LOG_WORDS}${KEPT}`,
    ],
    [
      "names every phase that failed",
      {
        buildStatus: "TIMED_OUT" as const,
        phases: [
          { phaseType: "BUILD" as const, phaseStatus: "TIMED_OUT" as const, contexts: [] },
          {
            phaseType: "FINALIZING" as const,
            phaseStatus: "FAULT" as const,
            contexts: [{ message: "one" }, { statusCode: "TWO" }],
          },
          { phaseType: "POST_BUILD" as const, phaseStatus: "IN_PROGRESS" as const },
        ],
        logs: LOG,
      },
      `the build of greet ended as TIMED_OUT: BUILD TIMED_OUT, FINALIZING FAULT (one; TWO). ${LOG_WORDS}${KEPT}`,
    ],
    [
      "does without phases and log",
      { buildStatus: "STOPPED" as const },
      `the build of greet ended as STOPPED. Its log: CodeBuild's console. ${KEPT}`,
    ],
    [
      "does without a phase that failed",
      {
        buildStatus: "STOPPED" as const,
        phases: [{ phaseType: "QUEUED" as const, phaseStatus: "SUCCEEDED" as const }],
        logs: {},
      },
      `the build of greet ended as STOPPED. Its log: CodeBuild's console. ${KEPT}`,
    ],
  ])("%s", (_, build, sentence) => expect(explainBuild("build", "greet", build)).toBe(sentence));

  it("says which of the two builds of a release it was", () => {
    const build = { buildStatus: "FAILED" as const };
    expect(explainBuild("build", "greet", build)).toMatch(/^the build of greet ended as FAILED\./);
    expect(explainBuild("source", "greet", build)).toMatch(/^the source build of greet ended as FAILED\./);
  });
});
