import { beforeAll, describe, expect, it } from "vitest";
import { AWAITED_ERRORS, FINAL_ERRORS } from "../../lambda/shared/error-names.ts";
import * as errors from "../../lambda/shared/errors.ts";
import { evaluate } from "./jsonata.ts";
import { releaseMachine, stateIn } from "./stages.ts";
import type { State } from "./template.ts";

describe("the release machine", () => {
  let states: Record<string, State>;
  beforeAll(() => {
    ({ states } = releaseMachine());
  });

  const state = (name: string) => stateIn(states, name);

  describe("retries", () => {
    const LAMBDA = [
      "Lambda.ClientExecutionTimeoutException",
      "Lambda.ServiceException",
      "Lambda.AWSLambdaException",
      "Lambda.SdkClientException",
      "Lambda.TooManyRequestsException",
    ];
    const CODEBUILD = [
      "CodeBuild.AccountLimitExceededException",
      "CodeBuild.ThrottlingException",
      "CodeBuild.CodeBuildException",
      "CodeBuild.SdkClientException",
    ];

    const NEVER = [...FINAL_ERRORS, ...AWAITED_ERRORS];
    const FUNCTION = [NEVER, LAMBDA, ["States.ALL"]];

    it.each([
      ["Request", FUNCTION],
      ["Source", [CODEBUILD]],
      ["ExplainSource", FUNCTION],
      ["Plan", FUNCTION],
      ["BuildBatch", [CODEBUILD]],
      ["ExplainBuild", FUNCTION],
      ["Pair", [["NotRecordedYetError"], ...FUNCTION]],
      ["Describe", FUNCTION],
      ["MakePatch", FUNCTION],
      ["Publish", [["ConcurrentPublishError"], ...FUNCTION]],
    ])("of %s are of these errors", (name, retried) => {
      expect(state(name).Retry?.map(({ ErrorEquals }) => ErrorEquals)).toEqual(retried);
    });

    it("leave out what is an answer", () => {
      for (const { Retry = [] } of Object.values(states)) {
        const never = Retry.filter(({ ErrorEquals }) => ErrorEquals.includes("MovedTagError"));
        for (const { MaxAttempts } of never) expect(MaxAttempts).toBe(0);
      }
    });

    it("and the name in the last state's expressions is of an error that our code throws", () => {
      const inFailed = JSON.stringify(state("Failed")).match(/(?<== ')\w+(?=')/g) ?? [];
      expect(inFailed).toEqual(["NotRecordedYetError"]);
      expect(Object.keys(errors)).toContain(inFailed[0]);
    });

    it.each([
      "Source",
      "BuildBatch",
    ])("of %s, when the account is full, wait three quarters of an hour on average", (name) => {
      const [retry] = state(name).Retry ?? [];
      expect(retry).toMatchObject({ JitterStrategy: "FULL", BackoffRate: 1.5, MaxDelaySeconds: 300 });
      const { IntervalSeconds = 0, MaxAttempts = 0 } = retry ?? {};
      const waits = Array.from({ length: MaxAttempts }, (_, n) => Math.min(IntervalSeconds * 1.5 ** n, 300));
      // Full jitter takes anything from nothing to the whole of each: half on average.
      expect(waits.reduce((sum, wait) => sum + wait, 0) / 2).toBeGreaterThan(2700);
    });

    it("of functions have jitter too", () => {
      const attempts = (name: string, error: string) =>
        state(name).Retry?.find(({ ErrorEquals }) => ErrorEquals.includes(error));
      for (const name of ["Request", "Plan", "Pair", "Publish"]) {
        expect(attempts(name, LAMBDA[0] ?? "")).toMatchObject({ JitterStrategy: "FULL", MaxAttempts: 6 });
        expect(attempts(name, "States.ALL")).toMatchObject({ JitterStrategy: "FULL", MaxAttempts: 3 });
      }
      // Fewer attempts, for there are many pairs; about the same time.
      expect(attempts("MakePatch", LAMBDA[0] ?? "")).toMatchObject({
        JitterStrategy: "FULL",
        MaxAttempts: 2,
      });
      expect(attempts("MakePatch", "States.ALL")).toMatchObject({ JitterStrategy: "FULL", MaxAttempts: 1 });
    });

    it("wait for records almost 5 minutes, and not longer", () => {
      const retry = state("Pair").Retry?.find(({ ErrorEquals }) =>
        ErrorEquals.includes("NotRecordedYetError"),
      );
      const {
        IntervalSeconds = 0,
        MaxAttempts = 0,
        BackoffRate = 2,
        MaxDelaySeconds = Infinity,
      } = retry ?? {};
      const waits = Array.from({ length: MaxAttempts }, (_, n) =>
        Math.min(IntervalSeconds * BackoffRate ** n, MaxDelaySeconds),
      );
      const seconds = waits.reduce((sum, wait) => sum + wait, 0);
      expect(seconds).toBeLessThanOrEqual(300);
      expect(seconds).toBeGreaterThan(270);
      expect(waits[0]).toBeLessThanOrEqual(1);
    });
  });

  describe("says of a failure", () => {
    const STACK = JSON.stringify({
      errorType: "SomeError",
      errorMessage: "what a person reads",
      trace: ["at makePatch"],
    });
    const NO_CAUSE = "no cause given: see the execution history";
    const value = (answer: unknown) => (answer as { value?: unknown }).value ?? answer;

    it.each([
      ["its name and message", { Error: "SomeError", Cause: STACK }, "SomeError", "what a person reads"],
      ["its cause as it is, when it is no document", { Error: "X", Cause: "in words" }, "X", "in words"],
      [
        "after five minutes of waiting, that it was not recorded",
        { Error: "NotRecordedYetError", Cause: STACK },
        "ArtifactNotRecordedError",
        "what a person reads",
      ],
      ["something, when it has no name", { Cause: "in words" }, "States.TaskFailed", "in words"],
      ["something, when it has no cause", { Error: "States.Timeout" }, "States.Timeout", NO_CAUSE],
      ["something, when it has neither", {}, "States.TaskFailed", NO_CAUSE],
    ])("%s", (_, failure, error, cause) => {
      const expressions = [state("Failed")["Error"], state("Failed")["Cause"]].map(String);
      const answers = evaluate(expressions.map((expression) => ({ expression, variables: { failure } })));
      expect(answers.map(value)).toEqual([error, cause]);
    });

    it.each([
      ["its message", { Error: "SomeError", Cause: STACK }, "what a person reads"],
      ["its cause as it is, when it is no document", { Error: "X", Cause: "in words" }, "in words"],
      ["something, when it has no cause", { Error: "States.Timeout" }, NO_CAUSE],
      ["no more than its beginning", { Cause: "x".repeat(500) }, "x".repeat(120)],
      [
        "no character that is longer in JSON",
        { Cause: 'a "quoted" \\ größe\n\u{1F600}[x]~' },
        expect.stringMatching(/^a \?quoted\? \? gr\?{1,2}e\?\?{1,2}\[x\]~$/),
      ],
    ])("to make one patch, in the pair's result, %s", (_, errorOutput, reason) => {
      const pair = { platform: "linux-amd64", from: "20260101" };
      const caught = Object.entries(state("MakePatch").Catch?.[0]?.Output ?? {});
      const variables = { states: { input: { pair }, errorOutput } };
      const values = evaluate(caught.map(([, text]) => ({ expression: String(text), variables }))).map(value);
      const input = Object.fromEntries(caught.map(([name], index) => [name, values[index]]));
      const [result] = evaluate([
        { expression: String(state("PatchFailed").Output), variables: { states: { input } } },
      ]);
      expect(result).toEqual({ value: { ...pair, outcome: "failed", reason } });
    });
  });
});
