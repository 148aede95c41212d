import { ArnFormat, Stack } from "aws-cdk-lib";
import { ManagedPolicy, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import type { Alerts } from "./alerts.ts";
import { type BuildStep, logGroupName, projectName } from "./build-project.ts";
import { executionsOf } from "./notify.ts";
import type { Storage } from "./storage.ts";

export interface OperatorProps {
  storage: Storage;
  alerts: Alerts;
  release: StateMachine;
  promotion: StateMachine;
}

/**
 * What people may be given, in three policies that are attached to nobody (docs/operators.md): to look, to release, to promote.
 * They are three because who releases need not be who takes clients back.
 */
export class Operator extends Construct {
  readonly look: ManagedPolicy;
  readonly release: ManagedPolicy;
  readonly promote: ManagedPolicy;

  constructor(scope: Construct, id: string, props: OperatorProps) {
    super(scope, id);
    const { release, promotion } = props;
    // A description cannot change: the policy would be another one, attached to nobody.
    this.look = new ManagedPolicy(this, "Look", {
      description: "hkdist: to look at what is released and how; changes nothing",
      statements: this.toLook(props),
    });
    this.release = new ManagedPolicy(this, "Release", {
      description: "hkdist: to start releases, which never take clients back",
      statements: [may(["states:StartExecution"], [release.stateMachineArn])],
    });
    this.promote = new ManagedPolicy(this, "Promote", {
      description: "hkdist: to make versions current, older ones too, and to withdraw versions",
      statements: [may(["states:StartExecution"], [promotion.stateMachineArn])],
    });
  }

  private toLook({ storage: { table, artifacts }, alerts, release, promotion }: OperatorProps) {
    const machines = [release, promotion];
    // A policy has room for 6,144 characters, so not for every project's name.
    const projects = BUILD_STEPS.map((step) => projectName(this, step, "*"));
    return [
      // The end is an id that CloudFormation makes; who asks by the stack's name is judged by `*` there.
      may(
        ["cloudformation:DescribeStacks"],
        [this.arn("cloudformation", `stack/${Stack.of(this).stackName}/*`)],
      ),
      may(
        ["states:DescribeStateMachine", "states:ListExecutions"],
        machines.map(({ stateMachineArn }) => stateMachineArn),
      ),
      // Names of executions are made when they are started.
      may(["states:DescribeExecution", "states:GetExecutionHistory"], machines.map(executionsOf)),
      may(["dynamodb:GetItem", "dynamodb:Query"], [table.tableArn]),
      may(["s3:ListBucket", "s3:ListBucketVersions"], [artifacts.bucketArn]),
      // Everybody can download these; what is withdrawn only who has rights can.
      may(["s3:GetObject", "s3:GetObjectVersion"], [artifacts.arnForObjects("*")]),
      may(
        ["codebuild:BatchGetBuilds", "codebuild:ListBuildsForProject"],
        projects.map((project) => this.arn("codebuild", `project/${project}`)),
      ),
      // The `*` at their ends stands for the log's streams, too.
      may(
        ["logs:GetLogEvents"],
        projects.map((project) => this.arn("logs", `log-group:${logGroupName(project)}`)),
      ),
      may(["sns:GetTopicAttributes"], [alerts.topic.topicArn, alerts.releases.topicArn]),
      may(
        [
          // Who asks for alarms whose names begin with the stack's is judged as who asks for all.
          "cloudwatch:DescribeAlarms",
          // What an account has is not a resource.
          "lambda:GetAccountSettings",
          "servicequotas:ListServiceQuotas",
        ],
        ["*"],
      ),
    ];
  }

  /** An ARN of this account and region. */
  private arn(service: string, resource: string): string {
    return Stack.of(this).formatArn({ service, resource, arnFormat: ArnFormat.NO_RESOURCE_NAME });
  }
}

const BUILD_STEPS: BuildStep[] = ["source", "build"];

const may = (actions: string[], resources: string[]) => new PolicyStatement({ actions, resources });
