import { Duration, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  Choice,
  Condition,
  CustomState,
  JitterType,
  Map as MapState,
  Pass,
  ProvideItems,
  type StateMachine,
} from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type {
  DescribeEvent,
  ExplainEvent,
  PairEvent,
  PlanEvent,
  PublishEvent,
  ReleasableCommands,
  RequestEvent,
} from "../lambda/shared/payloads.ts";
import type { BuildProject } from "./build-project.ts";
import type { CompleteConfig } from "./config/schema.ts";
import {
  CAUGHT,
  caughtAs,
  EXECUTION,
  failedState,
  type InvokeOptions,
  invoke,
  type Payload,
  patchEach,
  stateMachine,
} from "./machine-states.ts";

export interface ReleaseMachineProps {
  commands: ReleasableCommands;
  projects: BuildProject[];
  buildConcurrency: number;
  patchConcurrency: number;
  publishWhen: CompleteConfig["publishWhen"];
  request: IFunction;
  plan: IFunction;
  pair: IFunction;
  describe: IFunction;
  patch: IFunction;
  publish: IFunction;
  explain: IFunction;
}

/** A fresh account builds one at a time, so a second release waits its turn: up to an hour and a half. */
const CODEBUILD_TROUBLE = {
  ErrorEquals: [
    "CodeBuild.AccountLimitExceededException",
    "CodeBuild.ThrottlingException",
    "CodeBuild.CodeBuildException",
    "CodeBuild.SdkClientException",
  ],
  IntervalSeconds: 15,
  BackoffRate: 1.5,
  MaxDelaySeconds: 300,
  MaxAttempts: 25,
  JitterStrategy: "FULL",
};

/**
 * request -> source -> plan -> build -> pair -> describe -> patch -> publish, or publish before patch (`publishWhen`). Every failure
 * ends in a named error with a readable cause.
 */
export class ReleaseMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: ReleaseMachineProps) {
    super(scope, id);

    const failed = failedState(this);
    const run = <Event>(name: string, handler: IFunction, payload: Payload<Event>, options?: InvokeOptions) =>
      invoke(this, name, handler, payload, options);

    const request = run<RequestEvent>(
      "Request",
      props.request,
      { input: "{% $states.input %}", commands: props.commands, execution: EXECUTION },
      { variable: "request" },
    ).addCatch(failed, CAUGHT);

    const source = this.startBuild("Source", "$request.sourceProject", {
      HKDIST_TAG: "$request.tag",
    }).addCatch(
      run<ExplainEvent>("ExplainSource", props.explain, {
        step: "source",
        cmd: "{% $request.cmd %}",
        failure: "{% $failure %}",
        execution: EXECUTION,
      }).addCatch(failed, CAUGHT),
      CAUGHT,
    );

    const plan = run<PlanEvent>(
      "Plan",
      props.plan,
      {
        request: "{% $request %}",
        execution: EXECUTION,
        exported: "{% $states.input.Build.ExportedEnvironmentVariables %}",
      },
      { variable: "plan" },
    ).addCatch(failed, CAUGHT);

    const build = MapState.jsonata(this, "Build", {
      items: ProvideItems.jsonata("{% $plan.batches %}"),
      itemSelector: { planKey: "{% $states.context.Map.Item.Value.planKey %}" },
      maxConcurrency: props.buildConcurrency,
    });
    build.itemProcessor(
      this.startBuild("BuildBatch", "$request.buildProject", {
        HKDIST_PLAN_KEY: "$states.input.planKey",
      }).addCatch(
        run<ExplainEvent>("ExplainBuild", props.explain, {
          step: "build",
          cmd: "{% $request.cmd %}",
          failure: "{% $buildFailure %}",
          execution: EXECUTION,
        }),
        caughtAs("buildFailure"),
      ),
    );
    build.addCatch(failed, CAUGHT);

    // Recording takes a second or two, and some minutes when a message must come back: 5 minutes in all.
    const untilRecorded = {
      errors: ["NotRecordedYetError"],
      interval: Duration.seconds(1),
      backoffRate: 1.5,
      maxDelay: Duration.seconds(10),
      maxAttempts: 33,
    };
    const pair = run<PairEvent>(
      "Pair",
      props.pair,
      {
        request: "{% $request %}",
        plan: "{% $plan %}",
        execution: EXECUTION,
        startedAt: "{% $states.context.Execution.StartTime %}",
      },
      { variable: "paired", waits: [untilRecorded] },
    ).addCatch(failed, CAUGHT);

    const describe = run<DescribeEvent>(
      "Describe",
      props.describe,
      { request: "{% $request %}", plan: "{% $plan %}", execution: EXECUTION },
      { variable: "described" },
    ).addCatch(failed, CAUGHT);

    const patch = patchEach(this, {
      patch: props.patch,
      patchConcurrency: props.patchConcurrency,
      pairs: "$paired.pairs",
      cmd: "$request.cmd",
      version: "$plan.version",
    });
    patch.addCatch(failed, CAUGHT);

    const untilAlone = {
      errors: ["ConcurrentPublishError"],
      interval: Duration.seconds(1),
      maxAttempts: 5,
      jitterStrategy: JitterType.FULL,
    };
    const publish = run<PublishEvent>(
      "Publish",
      props.publish,
      {
        request: "{% $request %}",
        plan: "{% $plan %}",
        execution: EXECUTION,
        startedAt: "{% $states.context.Execution.StartTime %}",
      },
      { variable: "published", waits: [untilAlone] },
    ).addCatch(failed, CAUGHT);

    const released = Pass.jsonata(this, "Released", {
      outputs: {
        cmd: "{% $request.cmd %}",
        version: "{% $plan.version %}",
        artifacts: "{% $paired.artifacts %}",
        patches: "{% $patches %}",
        documents: "{% $described.documents %}",
        published: "{% $published %}",
      },
    });

    const isRecorded = Choice.jsonata(this, "IsRecorded")
      .when(Condition.jsonata("{% $request.recorded %}"), pair, {
        assign: { plan: { version: "{% $request.version %}", batches: [] } },
      })
      .otherwise(source.next(plan).next(build).next(pair));
    const unpublished = Pass.jsonata(this, "Unpublished", { assign: { published: false } });
    const isToBePublished = Choice.jsonata(this, "IsToBePublished")
      .when(Condition.jsonata("{% $request.publish %}"), publish)
      .otherwise(unpublished);
    pair.next(describe);
    if (props.publishWhen === "patched") {
      describe.next(patch).next(isToBePublished.afterwards()).next(released);
    } else {
      describe.next(isToBePublished.afterwards()).next(patch).next(released);
    }

    this.machine = stateMachine(this, {
      comment: "Builds, records and publishes one release of one command",
      start: request.next(isRecorded),
      timeout: Duration.hours(12),
      functions: [
        props.request,
        props.plan,
        props.pair,
        props.describe,
        props.patch,
        props.publish,
        props.explain,
      ],
      rights: this.toBuild(props.projects),
    });
  }

  /** Runs a build to its end. The project is only known at run time, so this is not the library's task. */
  private startBuild(name: string, project: string, input: { [variable: string]: string }): CustomState {
    // By the execution's name people find its builds.
    const overrides = { ...input, HKDIST_EXECUTION: "$states.context.Execution.Name" };
    return new CustomState(this, name, {
      stateJson: {
        Type: "Task",
        Resource: `arn:${Stack.of(this).partition}:states:::codebuild:startBuild.sync`,
        Arguments: {
          ProjectName: `{% ${project} %}`,
          EnvironmentVariablesOverride: Object.entries(overrides).map(([Name, value]) => ({
            Name,
            Type: "PLAINTEXT",
            Value: `{% ${value} %}`,
          })),
        },
        Retry: [CODEBUILD_TROUBLE],
      },
    });
  }

  /** What a `.sync` build task needs: https://docs.aws.amazon.com/step-functions/latest/dg/connect-codebuild.html */
  private toBuild(projects: BuildProject[]): PolicyStatement[] {
    const rule = Stack.of(this).formatArn({
      service: "events",
      resource: "rule",
      resourceName: "StepFunctionsGetEventForCodeBuildStartBuildRule",
    });
    return [
      new PolicyStatement({
        actions: ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"],
        resources: projects.map((project) => project.projectArn),
      }),
      new PolicyStatement({
        actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        resources: [rule],
      }),
    ];
  }
}
