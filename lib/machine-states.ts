import { Duration, Validations } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import {
  DefinitionBody,
  Fail,
  type IChainable,
  JitterType,
  LogLevel,
  Map as MapState,
  Pass,
  ProvideItems,
  QueryLanguage,
  type RetryProps,
  StateMachine,
  TaskInput,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import { AWAITED_ERRORS, FINAL_ERRORS } from "../lambda/shared/error-names.ts";
import { LONGEST_REASON } from "../lambda/shared/limits.ts";
import type { PatchEvent } from "../lambda/shared/payloads.ts";
import { keptLog } from "./kept-log.ts";
import { ofThisAccount } from "./of-this-account.ts";

/** What the release and the promote machine have in common. */

/** A handler's payload whose fields are JSONata expressions or constants. */
export type Payload<Event> = { [Field in keyof Event]: Event[Field] | `{% ${string} %}` };

export const EXECUTION =
  "{% { 'name': $states.context.Execution.Name, 'arn': $states.context.Execution.Id } %}";

/** What AWS asks to retry, and what a full account says when its ten Lambdas are busy. */
const LAMBDA_TROUBLE = [
  "Lambda.ClientExecutionTimeoutException",
  "Lambda.ServiceException",
  "Lambda.AWSLambdaException",
  "Lambda.SdkClientException",
  "Lambda.TooManyRequestsException",
];

/** Two minutes of waiting at most. */
const RETRIES = { interval: Duration.seconds(2), maxAttempts: 6, backoffRate: 2 };
/** As long, in fewer attempts: each is three events of a pair's, and there are up to 1,000 pairs (lambda/shared/limits.ts). */
const PATCH_RETRIES = { interval: Duration.seconds(20), maxAttempts: 2, backoffRate: 4 };
/** A function that was killed, a service that did not answer it: every step may be done again, so it is. */
const AGAIN = { interval: Duration.seconds(1), maxAttempts: 3, backoffRate: 3 };
const PATCH_AGAIN = { ...AGAIN, maxAttempts: 1 };

/**
 * What an error output says to people. A function's cause is a JSON document with its stack: people get the message,
 * the stack stays in the log.
 */
function sentence(errorOutput: string): string {
  const cause = `${errorOutput}.Cause`;
  const message = `($substring(${cause}, 0, 1) = '{' ? $parse(${cause}).errorMessage : ${cause})`;
  return `$exists(${cause}) ? ${message} : 'no cause given: see the execution history'`;
}

/** The end of every failure: its name, and a sentence. The caught error is in `$failure`. */
export function failedState(scope: Construct): Fail {
  return Fail.jsonata(scope, "Failed", {
    // Only what waiting did not mend gets here as "not recorded yet".
    error:
      "{% $failure.Error = 'NotRecordedYetError' ? 'ArtifactNotRecordedError' : " +
      "$exists($failure.Error) ? $failure.Error : 'States.TaskFailed' %}",
    cause: `{% ${sentence("$failure")} %}`,
  });
}

/** Catches everything into a variable. Inside a Map a variable may not have the name of one outside. */
export function caughtAs(variable: string) {
  return { errors: ["States.ALL"], assign: { [variable]: "{% $states.errorOutput %}" } };
}
export const CAUGHT = caughtAs("failure");

export interface InvokeOptions {
  /** What it returns is kept in it. */
  variable?: string;
  /** Errors that are waited for in a way of their own. */
  waits?: RetryProps[];
  retries?: typeof RETRIES;
  again?: typeof AGAIN;
}

/** Runs a function, again when something went wrong on the way, but not when it said no. */
export function invoke<Event>(
  scope: Construct,
  name: string,
  handler: IFunction,
  payload: Payload<Event>,
  { variable, waits = [], retries = RETRIES, again = AGAIN }: InvokeOptions = {},
): LambdaInvoke {
  const state = LambdaInvoke.jsonata(scope, name, {
    lambdaFunction: handler,
    payload: TaskInput.fromObject(payload),
    retryOnServiceExceptions: false,
    outputs: "{% $states.result.Payload %}",
    ...(variable !== undefined && { assign: { [variable]: "{% $states.result.Payload %}" } }),
  });
  for (const wait of waits) state.addRetry(wait);
  state.addRetry({ errors: [...FINAL_ERRORS, ...AWAITED_ERRORS], maxAttempts: 0 });
  state.addRetry({ errors: LAMBDA_TROUBLE, ...retries, jitterStrategy: JitterType.FULL });
  state.addRetry({ errors: ["States.ALL"], ...again, jitterStrategy: JitterType.FULL });
  return state;
}

export interface PatchesProps {
  patch: IFunction;
  patchConcurrency: number;
  /** Expressions: the pairs, and the target of the pair in `$states.input.pair`. */
  pairs: string;
  cmd: string;
  version: string;
}

/** Makes the patches and keeps what became of each in `$patches`. */
export function patchEach(
  scope: Construct,
  { patch, patchConcurrency, pairs, cmd, version }: PatchesProps,
): MapState {
  const map = MapState.jsonata(scope, "Patch", {
    items: ProvideItems.jsonata(`{% ${pairs} %}`),
    itemSelector: { pair: "{% $states.context.Map.Item.Value %}" },
    maxConcurrency: patchConcurrency,
    assign: { patches: "{% $states.result %}" },
  });
  // The results of all pairs together may have 256 KiB, so a reason is short and counts one byte for each character: what JSON
  // escapes or UTF-8 makes longer is replaced.
  const reason = `$substring($replace(${sentence("$states.errorOutput")}, /[^ !#-\\[\\]-~]/, '?'), 0, ${LONGEST_REASON})`;
  return map.itemProcessor(
    invoke<PatchEvent>(
      scope,
      "MakePatch",
      patch,
      {
        cmd: `{% ${cmd} %}`,
        version: `{% ${version} %}`,
        pair: "{% $states.input.pair %}",
        execution: EXECUTION,
      },
      { retries: PATCH_RETRIES, again: PATCH_AGAIN },
    ).addCatch(
      // A client without a patch downloads more, that is all: the execution goes on and its output tells.
      Pass.jsonata(scope, "PatchFailed", {
        outputs:
          "{% $merge([$states.input.pair, { 'outcome': 'failed', 'reason': $states.input.reason }]) %}",
      }),
      {
        errors: ["States.ALL"],
        outputs: { pair: "{% $states.input.pair %}", reason: `{% ${reason} %}` },
      },
    ),
  );
}

export interface StateMachineProps {
  comment: string;
  start: IChainable;
  timeout: Duration;
  /** Those that its states run. */
  functions: IFunction[];
  /** What else its states do. */
  rights?: PolicyStatement[];
}

/** The machine itself: it speaks JSONata, ends, logs its failures, and its role may do what its states do. */
export function stateMachine(
  scope: Construct,
  { comment, start, timeout, functions, rights = [] }: StateMachineProps,
): StateMachine {
  const role = new Role(scope, "MachineRole", {
    description: comment,
    assumedBy: new ServicePrincipal("states.amazonaws.com", ofThisAccount(scope)),
  });
  const may = [
    new PolicyStatement({
      actions: ["lambda:InvokeFunction"],
      resources: functions.map(({ functionArn }) => functionArn),
    }),
    // Log delivery cannot be limited: https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html
    new PolicyStatement({ actions: LOG_DELIVERY, resources: ["*"] }),
    ...rights,
  ];
  for (const statement of may) role.addToPolicy(statement);
  const machine = new StateMachine(scope, "Machine", {
    comment,
    queryLanguage: QueryLanguage.JSONATA,
    definitionBody: DefinitionBody.fromChainable(start),
    timeout,
    // What CDK would grant by itself is every version of each function, too.
    role: role.withoutPolicyUpdates(),
    logs: {
      level: LogLevel.ERROR,
      includeExecutionData: true,
      destination: keptLog(scope, "Log"),
    },
  });
  // Step Functions looks at once whether the role may deliver logs.
  machine.node.addDependency(role);
  const reason =
    "The execution history keeps every step, with its input, output and times, for 90 days. " +
    "So only failures are worth keeping in a log of their own, and a trace would say the same again.";
  Validations.of(machine).acknowledge({ id: "AwsSolutions-SF1", reason }, { id: "AwsSolutions-SF2", reason });
  return machine;
}

const LOG_DELIVERY = [
  "CreateLogDelivery",
  "GetLogDelivery",
  "UpdateLogDelivery",
  "DeleteLogDelivery",
  "ListLogDeliveries",
  "PutResourcePolicy",
  "DescribeResourcePolicies",
  "DescribeLogGroups",
].map((action) => `logs:${action}`);
