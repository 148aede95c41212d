import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import {
  Choice,
  Condition,
  CustomState,
  DefinitionBody,
  Fail,
  JitterType,
  LogLevel,
  Map as MapState,
  Pass,
  ProvideItems,
  QueryLanguage,
  StateMachine,
  TaskInput,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import { Construct } from "constructs";
import type {
  DescribeEvent,
  ExplainEvent,
  PairEvent,
  PatchEvent,
  PlanEvent,
  PublishEvent,
  ReleasableCommands,
  RequestEvent,
} from "../lambda/shared/payloads.ts";
import type { BuildProject } from "./build-project.ts";

export interface ReleaseMachineProps {
  commands: ReleasableCommands;
  projects: BuildProject[];
  buildConcurrency: number;
  patchConcurrency: number;
  request: IFunction;
  plan: IFunction;
  pair: IFunction;
  describe: IFunction;
  patch: IFunction;
  publish: IFunction;
  explain: IFunction;
}

/** A handler's payload whose fields are JSONata expressions or constants. */
type Payload<Event> = { [Field in keyof Event]: Event[Field] | `{% ${string} %}` };

const EXECUTION = "{% { 'name': $states.context.Execution.Name, 'arn': $states.context.Execution.Id } %}";

/** What AWS asks to retry, and what a full account says when its ten Lambdas are busy. */
const LAMBDA_TROUBLE = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

/**
 * What an error output says to people. A function's cause is a JSON document with its stack: people get the message,
 * the stack stays in the log.
 */
function sentence(errorOutput: string): string {
  const cause = `${errorOutput}.Cause`;
  const message = `($substring(${cause}, 0, 1) = '{' ? $parse(${cause}).errorMessage : ${cause})`;
  return `$exists(${cause}) ? ${message} : 'no cause given: see the execution history'`;
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

/** request -> source -> plan -> build -> pair -> describe -> patch -> publish. Every failure ends in a named error with a readable cause. */
export class ReleaseMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: ReleaseMachineProps) {
    super(scope, id);

    const failed = Fail.jsonata(this, "Failed", {
      // Only what waiting did not mend gets here as "not recorded yet".
      error:
        "{% $failure.Error = 'NotRecordedYetError' ? 'ArtifactNotRecordedError' : " +
        "$exists($failure.Error) ? $failure.Error : 'States.TaskFailed' %}",
      cause: `{% ${sentence("$failure")} %}`,
    });

    const invoke = <Event>(
      name: string,
      handler: IFunction,
      payload: Payload<Event>,
      variable?: string,
    ): LambdaInvoke => {
      const state = LambdaInvoke.jsonata(this, name, {
        lambdaFunction: handler,
        payload: TaskInput.fromObject(payload),
        retryOnServiceExceptions: false,
        outputs: "{% $states.result.Payload %}",
        ...(variable !== undefined && { assign: { [variable]: "{% $states.result.Payload %}" } }),
      });
      state.addRetry({
        errors: LAMBDA_TROUBLE,
        interval: Duration.seconds(2),
        maxAttempts: 6,
        backoffRate: 2,
        jitterStrategy: JitterType.FULL,
      });
      return state;
    };
    // Inside a Map a variable may not have the name of one outside.
    const caughtAs = (variable: string) => ({
      errors: ["States.ALL"],
      assign: { [variable]: "{% $states.errorOutput %}" },
    });
    const caught = caughtAs("failure");

    const request = invoke<RequestEvent>(
      "Request",
      props.request,
      { input: "{% $states.input %}", commands: props.commands },
      "request",
    ).addCatch(failed, caught);

    const source = this.startBuild("Source", "$request.sourceProject", {
      HKDIST_TAG: "$request.tag",
    }).addCatch(
      invoke<ExplainEvent>("ExplainSource", props.explain, {
        step: "source",
        cmd: "{% $request.cmd %}",
        failure: "{% $failure %}",
      }).addCatch(failed, caught),
      caught,
    );

    const plan = invoke<PlanEvent>(
      "Plan",
      props.plan,
      {
        request: "{% $request %}",
        execution: EXECUTION,
        exported: "{% $states.input.Build.ExportedEnvironmentVariables %}",
      },
      "plan",
    ).addCatch(failed, caught);

    const build = MapState.jsonata(this, "Build", {
      items: ProvideItems.jsonata("{% $plan.batches %}"),
      itemSelector: { planKey: "{% $states.context.Map.Item.Value.planKey %}" },
      maxConcurrency: props.buildConcurrency,
    });
    build.itemProcessor(
      this.startBuild("BuildBatch", "$request.buildProject", {
        HKDIST_PLAN_KEY: "$states.input.planKey",
      }).addCatch(
        invoke<ExplainEvent>("ExplainBuild", props.explain, {
          step: "build",
          cmd: "{% $request.cmd %}",
          failure: "{% $buildFailure %}",
        }),
        caughtAs("buildFailure"),
      ),
    );
    build.addCatch(failed, caught);

    // Recording takes a second or two, and some minutes when a message must come back: 5 minutes in all.
    const pair = invoke<PairEvent>(
      "Pair",
      props.pair,
      {
        request: "{% $request %}",
        plan: "{% $plan %}",
        startedAt: "{% $states.context.Execution.StartTime %}",
      },
      "paired",
    )
      .addRetry({
        errors: ["NotRecordedYetError"],
        interval: Duration.seconds(1),
        backoffRate: 1.5,
        maxDelay: Duration.seconds(10),
        maxAttempts: 33,
      })
      .addCatch(failed, caught);

    const describe = invoke<DescribeEvent>(
      "Describe",
      props.describe,
      { request: "{% $request %}", plan: "{% $plan %}" },
      "described",
    ).addCatch(failed, caught);

    const patch = MapState.jsonata(this, "Patch", {
      items: ProvideItems.jsonata("{% $paired.pairs %}"),
      itemSelector: { pair: "{% $states.context.Map.Item.Value %}" },
      maxConcurrency: props.patchConcurrency,
      assign: { patches: "{% $states.result %}" },
    });
    patch.itemProcessor(
      invoke<PatchEvent>("MakePatch", props.patch, {
        cmd: "{% $request.cmd %}",
        version: "{% $plan.version %}",
        pair: "{% $states.input.pair %}",
      }).addCatch(
        // A client without a patch downloads more, that is all: the release goes on and its output tells.
        Pass.jsonata(this, "PatchFailed", {
          outputs:
            "{% $merge([$states.input.pair, { 'outcome': 'failed', 'reason': $states.input.reason }]) %}",
        }),
        {
          errors: ["States.ALL"],
          outputs: {
            pair: "{% $states.input.pair %}",
            // Short: the results of all pairs together may have 256 KiB.
            reason: `{% $substring(${sentence("$states.errorOutput")}, 0, 300) %}`,
          },
        },
      ),
    );
    patch.addCatch(failed, caught);

    const publish = invoke<PublishEvent>(
      "Publish",
      props.publish,
      { request: "{% $request %}", plan: "{% $plan %}", execution: EXECUTION },
      "published",
    )
      .addRetry({
        errors: ["ConcurrentPublishError"],
        interval: Duration.seconds(1),
        maxAttempts: 5,
        jitterStrategy: JitterType.FULL,
      })
      .addCatch(failed, caught);

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
    const isToBePublished = Choice.jsonata(this, "IsToBePublished")
      .when(Condition.jsonata("{% $request.publish %}"), publish.next(released))
      .otherwise(Pass.jsonata(this, "Unpublished", { assign: { published: false } }).next(released));
    pair.next(describe).next(patch).next(isToBePublished);

    this.machine = new StateMachine(this, "Machine", {
      comment: "Builds, records and publishes one release of one command",
      queryLanguage: QueryLanguage.JSONATA,
      definitionBody: DefinitionBody.fromChainable(request.next(isRecorded)),
      timeout: Duration.hours(12),
      logs: {
        level: LogLevel.ERROR,
        includeExecutionData: true,
        destination: new LogGroup(this, "Log", {
          retention: RetentionDays.THREE_MONTHS,
          removalPolicy: RemovalPolicy.DESTROY,
        }),
      },
    });
    this.allowBuilds(props.projects);
  }

  /** Runs a build to its end. The project is only known at run time, so this is not the library's task. */
  private startBuild(name: string, project: string, overrides: { [variable: string]: string }): CustomState {
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
  private allowBuilds(projects: BuildProject[]): void {
    this.machine.addToRolePolicy(
      new PolicyStatement({
        actions: ["codebuild:StartBuild", "codebuild:StopBuild", "codebuild:BatchGetBuilds"],
        resources: projects.map((project) => project.projectArn),
      }),
    );
    const rule = Stack.of(this).formatArn({
      service: "events",
      resource: "rule",
      resourceName: "StepFunctionsGetEventForCodeBuildStartBuildRule",
    });
    this.machine.addToRolePolicy(
      new PolicyStatement({
        actions: ["events:PutTargets", "events:PutRule", "events:DescribeRule"],
        resources: [rule],
      }),
    );
  }
}
