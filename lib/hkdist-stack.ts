import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { ReleasableCommands } from "../lambda/shared/payloads.ts";
import { Alerts } from "./alerts.ts";
import { Audit } from "./audit.ts";
import { Bases } from "./bases.ts";
import { Build } from "./build.ts";
import type { BuildProject } from "./build-project.ts";
import type { CompleteConfig } from "./config/schema.ts";
import { Dashboard } from "./dashboard.ts";
import { Delivery } from "./delivery.ts";
import { Describe } from "./describe.ts";
import { Directory } from "./directory.ts";
import { Explain } from "./explain.ts";
import { Gateway } from "./gateway.ts";
import { GithubActions } from "./github-actions.ts";
import { Notify } from "./notify.ts";
import { Operator } from "./operator.ts";
import { Pair } from "./pair.ts";
import { Patch } from "./patch.ts";
import { Plan } from "./plan.ts";
import { Promote } from "./promote.ts";
import { PromoteMachine } from "./promote-machine.ts";
import { Publish } from "./publish.ts";
import { Record } from "./record.ts";
import { Register } from "./register.ts";
import { ReleaseMachine } from "./release-machine.ts";
import { Request } from "./request.ts";
import { Source } from "./source.ts";
import type { Stage } from "./stage.ts";
import { Storage } from "./storage.ts";
import { Withdraw } from "./withdraw.ts";

export interface HkdistStackProps {
  config: CompleteConfig;
  stage: Stage;
  /** Folder of the bsdiff-node package, compiled for where the functions run. */
  bsdiffFolder: string;
}

/** Wires the steps of a release, the stores between them, and the directory that clients ask. */
export class HkdistStack extends Stack {
  constructor(scope: Construct, id: string, { config, stage, bsdiffFolder }: HkdistStackProps) {
    super(scope, id, {
      description: "hkdist: releases and updates of Go command-line tools",
      // Its two URLs are in installed clients, and go with it.
      terminationProtection: true,
    });
    const { buildConcurrency, largestBinaryBytes, patchBases, patchConcurrency, publishWhen } = config;

    const alerts = new Alerts(this, "Alerts", { stage, emails: config.emails });
    const storage = new Storage(this, "Storage", { stage });
    const gateway = new Gateway(this, "Gateway", {
      stage,
      alerts,
      requestsPerSecond: config.requestsPerSecond,
    });
    const delivery = new Delivery(this, "Delivery", {
      artifacts: storage.artifacts,
      gateway,
      stage,
      domain: config.domain,
    });
    const { artifactsUrl, directoryUrl } = delivery;
    new Directory(this, "Directory", { storage, gateway, directoryUrl, artifactsUrl, alerts });
    const record = new Record(this, "Record", { storage, largestBinaryBytes, stage, alerts });
    new Audit(this, "Audit", { storage, alerts });
    new Register(this, "Register", { storage, gateway, record });

    const commands: ReleasableCommands = {};
    const projects: BuildProject[] = [];
    for (const [cmd, command] of Object.entries(config.commands)) {
      const forCommand = { cmd, command, storage, timeoutMinutes: config.buildTimeoutMinutes };
      const source = new Source(this, `Source-${cmd}`, forCommand);
      const build = new Build(this, `Build-${cmd}`, {
        ...forCommand,
        directoryUrl,
        artifactsUrl,
      });
      projects.push(source.project, build.project);
      commands[cmd] = {
        repository: command.repository,
        platforms: command.platforms,
        sourceProject: source.project.projectName,
        buildProject: build.project.projectName,
      };
    }

    const patch = new Patch(this, "Patch", {
      storage,
      largestBinaryBytes,
      bsdiffFolder,
      alerts,
    }).handler;
    const release = new ReleaseMachine(this, "Release", {
      commands,
      projects,
      buildConcurrency,
      request: new Request(this, "Request", { storage }).handler,
      plan: new Plan(this, "Plan", { storage, record, buildConcurrency }).handler,
      patchConcurrency,
      publishWhen,
      pair: new Pair(this, "Pair", { storage, patchBases }).handler,
      patch,
      describe: new Describe(this, "Describe", { storage, artifactsUrl }).handler,
      publish: new Publish(this, "Publish", { storage }).handler,
      explain: new Explain(this, "Explain", { projects }).handler,
    });

    const promotion = new PromoteMachine(this, "Promotion", {
      commands: Object.keys(commands),
      patchConcurrency,
      promote: new Promote(this, "Promote", { storage }).handler,
      withdraw: new Withdraw(this, "Withdraw", { storage, delivery }).handler,
      bases: new Bases(this, "Bases", { storage, patchBases }).handler,
      patch,
    });

    const machines = { release: release.machine, promotion: promotion.machine };
    new Notify(this, "Notify", { alerts, ...machines });
    const operator = new Operator(this, "Operator", { storage, alerts, ...machines });
    new Dashboard(this, "Dashboard", {
      ...machines,
      alerts,
      projects,
      commands: Object.keys(commands),
      record,
      gateway,
      delivery,
    });

    const outputs = {
      DirectoryUrl: directoryUrl,
      ArtifactsUrl: artifactsUrl,
      ApiUrl: gateway.url,
      DistributionDomain: delivery.distribution.distributionDomainName,
      ReleaseMachineArn: release.machine.stateMachineArn,
      PromoteMachineArn: promotion.machine.stateMachineArn,
      ArtifactsBucket: storage.artifacts.bucketName,
      Table: storage.table.tableName,
      AlertsTopicArn: alerts.topic.topicArn,
      ReleasesTopicArn: alerts.releases.topicArn,
      LookPolicyArn: operator.look.managedPolicyArn,
      ReleasePolicyArn: operator.release.managedPolicyArn,
      PromotePolicyArn: operator.promote.managedPolicyArn,
    };
    if (config.githubActions !== undefined) {
      const workflows = config.githubActions;
      const { role } = new GithubActions(this, "GithubActions", { workflows, release: release.machine });
      new CfnOutput(this, "GithubActionsRoleArn", { value: role.roleArn });
    }
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
