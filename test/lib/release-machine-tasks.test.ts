import { beforeAll, describe, expect, it } from "vitest";
import type {
  DescribeEvent,
  ExplainEvent,
  PairEvent,
  PatchEvent,
  PlanEvent,
  PublishEvent,
  RequestEvent,
} from "../../lambda/shared/payloads.ts";
import { releaseMachine, stateIn } from "./stages.ts";
import type { State } from "./template.ts";

describe("the release machine", () => {
  let states: Record<string, State>;
  beforeAll(() => {
    ({ states } = releaseMachine());
  });

  const state = (name: string) => stateIn(states, name);

  describe("hands each function what its handler reads", () => {
    // The compiler holds these tables against the types that the handlers take.
    const execution = "{% { 'name': $states.context.Execution.Name, 'arn': $states.context.Execution.Id } %}";
    const request: Record<keyof RequestEvent, unknown> = {
      input: "{% $states.input %}",
      commands: {
        greet: {
          repository: "https://example.com/greet.git",
          platforms: ["linux-amd64", "darwin-arm64"],
          sourceProject: "SourcegreetProject",
          buildProject: "BuildgreetProject",
        },
        "greet-canary": {
          repository: "https://example.com/canary.git",
          platforms: ["linux-arm64"],
          sourceProject: "SourcegreetcanaryProject",
          buildProject: "BuildgreetcanaryProject",
        },
      },
      execution,
    };
    const plan: Record<keyof PlanEvent, unknown> = {
      request: "{% $request %}",
      execution,
      exported: "{% $states.input.Build.ExportedEnvironmentVariables %}",
    };
    const pair: Record<keyof PairEvent, unknown> = {
      request: "{% $request %}",
      plan: "{% $plan %}",
      execution,
      startedAt: "{% $states.context.Execution.StartTime %}",
    };
    const describeEvent: Record<keyof DescribeEvent, unknown> = {
      request: "{% $request %}",
      plan: "{% $plan %}",
      execution,
    };
    const patch: Record<keyof PatchEvent, unknown> = {
      cmd: "{% $request.cmd %}",
      version: "{% $plan.version %}",
      pair: "{% $states.input.pair %}",
      execution,
    };
    const publish: Record<keyof PublishEvent, unknown> = {
      request: "{% $request %}",
      plan: "{% $plan %}",
      execution,
      startedAt: "{% $states.context.Execution.StartTime %}",
    };
    const explain = (step: ExplainEvent["step"], failure: string): Record<keyof ExplainEvent, unknown> => ({
      step,
      cmd: "{% $request.cmd %}",
      failure: `{% $${failure} %}`,
      execution,
    });

    it.each([
      ["Request", "Request", request],
      ["Plan", "Plan", plan],
      ["Pair", "Pair", pair],
      ["Describe", "Describe", describeEvent],
      ["MakePatch", "Patch", patch],
      ["Publish", "Publish", publish],
      ["ExplainSource", "Explain", explain("source", "failure")],
      ["ExplainBuild", "Explain", explain("build", "buildFailure")],
    ])("%s", (name, step, payload) => {
      expect(state(name)).toMatchObject({
        Resource: "arn:aws:states:::lambda:invoke",
        Arguments: { FunctionName: `${step}Function.Arn` },
        Output: "{% $states.result.Payload %}",
      });
      expect(state(name).Arguments?.Payload).toEqual(payload);
    });

    it.each([
      ["Request", "request"],
      ["Plan", "plan"],
      ["Pair", "paired"],
      ["Describe", "described"],
      ["Publish", "published"],
    ])("and keeps what %s returns as $%s", (name, variable) => {
      expect(state(name).Assign).toEqual({ [variable]: "{% $states.result.Payload %}" });
    });
  });

  it.each([
    ["Source", "sourceProject", "HKDIST_TAG", "$request.tag"],
    ["BuildBatch", "buildProject", "HKDIST_PLAN_KEY", "$states.input.planKey"],
  ])("%s runs the command's %s to its end, with %s and the execution's name", (name, project, variable, value) => {
    expect(state(name)).toMatchObject({
      Resource: "arn:aws:states:::codebuild:startBuild.sync",
      Arguments: {
        ProjectName: `{% $request.${project} %}`,
        EnvironmentVariablesOverride: [
          { Name: variable, Type: "PLAINTEXT", Value: `{% ${value} %}` },
          {
            Name: "HKDIST_EXECUTION",
            Type: "PLAINTEXT",
            Value: "{% $states.context.Execution.Name %}",
          },
        ],
      },
    });
  });

  it("builds the plan's batches, as many at once as configured", () => {
    expect(state("Build")).toMatchObject({
      Type: "Map",
      Items: "{% $plan.batches %}",
      ItemSelector: { planKey: "{% $states.context.Map.Item.Value.planKey %}" },
      MaxConcurrency: 2,
    });
  });

  it("makes the patches that Pair wants, as many at once as configured, and keeps what became of them", () => {
    expect(state("Patch")).toMatchObject({
      Type: "Map",
      Items: "{% $paired.pairs %}",
      ItemSelector: { pair: "{% $states.context.Map.Item.Value %}" },
      MaxConcurrency: 3,
      Assign: { patches: "{% $states.result %}" },
    });
  });
});
