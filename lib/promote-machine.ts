import { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Choice, Condition, JitterType, Pass, type StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { BasesEvent, PromoteEvent, WithdrawEvent } from "../lambda/shared/payloads.ts";
import { CAUGHT, EXECUTION, failedState, invoke, patchEach, stateMachine } from "./machine-states.ts";

export interface PromoteMachineProps {
  /** Names of the configured commands. */
  commands: string[];
  patchConcurrency: number;
  promote: IFunction;
  withdraw: IFunction;
  bases: IFunction;
  patch: IFunction;
}

/**
 * promote -> (withdraw) -> bases -> patch. What clients are told changes first, in one write: undoing a mistake takes seconds.
 * Patches follow. Every failure ends in a named error with a readable cause.
 */
export class PromoteMachine extends Construct {
  readonly machine: StateMachine;

  constructor(scope: Construct, id: string, props: PromoteMachineProps) {
    super(scope, id);
    const failed = failedState(this);

    const promote = invoke<PromoteEvent>(
      this,
      "Promote",
      props.promote,
      { input: "{% $states.input %}", commands: props.commands, execution: EXECUTION },
      { variable: "promoted" },
    ).addCatch(failed, CAUGHT);

    // An invalidation takes a minute or two, and CloudFront counts those that are under way.
    const untilInvalidated = {
      errors: ["InvalidationFailedError"],
      interval: Duration.seconds(10),
      maxAttempts: 5,
      backoffRate: 2,
      jitterStrategy: JitterType.FULL,
    };
    const withdraw = invoke<WithdrawEvent>(
      this,
      "Withdraw",
      props.withdraw,
      { promoted: "{% $promoted %}", execution: EXECUTION },
      { variable: "withdrawn", waits: [untilInvalidated] },
    ).addCatch(failed, CAUGHT);

    const bases = invoke<BasesEvent>(
      this,
      "Bases",
      props.bases,
      { promoted: "{% $promoted %}", execution: EXECUTION },
      { variable: "bases" },
    ).addCatch(failed, CAUGHT);

    const patch = patchEach(this, {
      patch: props.patch,
      patchConcurrency: props.patchConcurrency,
      pairs: "$bases.pairs",
      cmd: "$promoted.cmd",
      version: "$states.input.pair.to",
    });
    patch.addCatch(failed, CAUGHT);

    const done = Pass.jsonata(this, "Done", {
      outputs: {
        cmd: "{% $promoted.cmd %}",
        version: "{% $promoted.version %}",
        action: "{% $promoted.action %}",
        published:
          "{% { 'revision': $promoted.revision, 'changed': $promoted.changed, 'from': $promoted.from, 'to': $promoted.to } %}",
        withdrawn: "{% $withdrawn %}",
        patches: "{% $patches %}",
      },
    });

    const isRestored = Choice.jsonata(this, "IsRestored")
      .when(
        Condition.jsonata("{% $promoted.action = 'restore' %}"),
        Pass.jsonata(this, "Restored", { assign: { patches: [] } }).next(done),
      )
      .otherwise(bases.next(patch).next(done));
    const isPromotion = Choice.jsonata(this, "IsPromotion")
      .when(Condition.jsonata("{% $promoted.action = 'promote' %}"), bases, { assign: { withdrawn: false } })
      .otherwise(withdraw.next(isRestored));

    this.machine = stateMachine(this, {
      comment: "Makes a recorded release current, withdraws one, or undoes that",
      start: promote.next(isPromotion),
      timeout: Duration.hours(6),
      functions: [props.promote, props.withdraw, props.bases, props.patch],
    });
  }
}
