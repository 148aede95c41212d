import { CfnOutput, Stack } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { ReleasableCommands } from "../lambda/shared/payloads.ts";
import { Alerts } from "./alerts.ts";
import { Audit } from "./audit.ts";
import { Bases } from "./bases.ts";
import { Build } from "./build.ts";
import type { BuildProject } from "./build-project.ts";
import type { CompleteConfig } from "./config/schema.ts";
import { Delivery } from "./delivery.ts";
import { Describe } from "./describe.ts";
import { Directory } from "./directory.ts";
import { Explain } from "./explain.ts";
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
    super(scope, id, { description: "hkdist: releases and updates of Go command-line tools" });
    const { buildConcurrency, largestBinaryBytes, patchBases, patchConcurrency } = config;

    const alerts = new Alerts(this, "Alerts", { stage });
    const storage = new Storage(this, "Storage", { stage });
    const delivery = new Delivery(this, "Delivery", { artifacts: storage.artifacts, stage });
    const directory = new Directory(this, "Directory", {
      storage,
      artifactsUrl: delivery.url,
      stage,
      alerts,
    });
    const record = new Record(this, "Record", { storage, largestBinaryBytes, stage, alerts });
    new Audit(this, "Audit", { storage, alerts });
    new Register(this, "Register", { storage, directory, record });

    const commands: ReleasableCommands = {};
    const projects: BuildProject[] = [];
    for (const [cmd, command] of Object.entries(config.commands)) {
      const forCommand = { cmd, command, storage, timeoutMinutes: config.buildTimeoutMinutes };
      const source = new Source(this, `Source-${cmd}`, forCommand);
      const build = new Build(this, `Build-${cmd}`, {
        ...forCommand,
        directoryUrl: directory.url,
        artifactsUrl: delivery.url,
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
    }).handler;
    const release = new ReleaseMachine(this, "Release", {
      commands,
      projects,
      buildConcurrency,
      request: new Request(this, "Request", { storage }).handler,
      plan: new Plan(this, "Plan", { storage, record, buildConcurrency }).handler,
      patchConcurrency,
      pair: new Pair(this, "Pair", { storage, patchBases }).handler,
      patch,
      describe: new Describe(this, "Describe", { storage, artifactsUrl: delivery.url }).handler,
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

    const outputs = {
      DirectoryUrl: directory.url,
      ArtifactsUrl: delivery.url,
      ReleaseMachineArn: release.machine.stateMachineArn,
      PromoteMachineArn: promotion.machine.stateMachineArn,
      ArtifactsBucket: storage.artifacts.bucketName,
      Table: storage.table.tableName,
      AlertsTopicArn: alerts.topic.topicArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }
}
