import { setTimeout as sleep } from "node:timers/promises";
import { DescribeAlarmsCommand } from "@aws-sdk/client-cloudwatch";
import { BatchGetBuildsCommand, StartBuildCommand, StopBuildCommand } from "@aws-sdk/client-codebuild";
import { DescribeExecutionCommand, StartExecutionCommand } from "@aws-sdk/client-sfn";
import { GetTopicAttributesCommand } from "@aws-sdk/client-sns";
import type { Audited } from "../../lambda/audit/shallow-audit.ts";
import { type Check, same } from "../check.ts";
import { invoke } from "../invoke.ts";

/** Seconds. */
const EXECUTION_LIMIT = 120;
const BUILD_LIMIT = 900;

/** What runs releases, and what watches. */
export const OPERATIONS_CHECKS: Check[] = [
  {
    name: "release machine: a command that is not configured is refused by name",
    look: async ({ deployment: { steps, releaseMachineArn: stateMachineArn }, cmd }) => {
      const { executionArn } = await steps.send(
        new StartExecutionCommand({ stateMachineArn, input: JSON.stringify({ cmd }) }),
      );
      const ended = await until(EXECUTION_LIMIT, async () => {
        const now = await steps.send(new DescribeExecutionCommand({ executionArn }));
        return now.status === "RUNNING" ? undefined : now;
      });
      same("how it ended", [ended.status, ended.error], ["FAILED", "InvalidReleaseRequestError"]);
      return undefined;
    },
  },
  {
    name: "build image: the tools are there",
    builds: true,
    look: async ({ deployment: { codebuild, sourceProject, isLocal }, stops }) => {
      const { build: { id = "" } = {} } = await codebuild.send(
        new StartBuildCommand({ projectName: sourceProject, buildspecOverride: BUILDSPEC }),
      );
      stops.push(() => codebuild.send(new StopBuildCommand({ id })));
      const ended = await until(BUILD_LIMIT, async () => {
        const { builds: [build] = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
        return build?.buildStatus === "IN_PROGRESS" ? undefined : build;
      });
      stops.pop();
      same(`how build ${id} ended`, ended.buildStatus, "SUCCEEDED");
      const told = (name: string) =>
        ended.exportedEnvironmentVariables?.find((one) => one.name === name)?.value ?? "";
      // On the local AWS builds run on this machine, which need not sign.
      if (!isLocal) {
        same("what is missing", told("MISSING").trim(), "");
        for (const wanted of ["go1.26", "aws-cli/2"])
          if (!told("VERSIONS").includes(wanted)) throw new Error(`no ${wanted} among ${told("VERSIONS")}`);
      }
      if (told("VERSIONS") === "") throw new Error(`build ${id} said nothing about its tools`);
      return told("VERSIONS");
    },
  },
  {
    name: "alarms: each one publishes to a topic of the stack, which lets CloudWatch do so",
    look: async ({ deployment: { cloudwatch, sns, alarms, topicArns } }) => {
      const { MetricAlarms = [] } = await cloudwatch.send(
        new DescribeAlarmsCommand({ AlarmNames: alarms, MaxRecords: 100 }),
      );
      same("how many there are", MetricAlarms.length, alarms.length);
      const used = new Set<string>();
      for (const { AlarmName, ActionsEnabled, AlarmActions = [] } of MetricAlarms) {
        const topic = AlarmActions.find((action) => topicArns.includes(action));
        if (!ActionsEnabled || topic === undefined) throw new Error(`${AlarmName} tells nobody`);
        used.add(topic);
      }
      for (const TopicArn of used) {
        const { Attributes } = await sns.send(new GetTopicAttributesCommand({ TopicArn }));
        if (!letsCloudWatchPublish(Attributes?.["Policy"] ?? "{}"))
          throw new Error(`${TopicArn} does not let CloudWatch publish`);
      }
      return `${alarms.length} alarms`;
    },
  },
  {
    name: "audit: finds nothing wrong with what these checks made",
    look: async ({ deployment, cmd }) => {
      const answer = await invoke(deployment, deployment.auditFunction, { cmd, settleSeconds: 0 });
      const { breaches, counts } = answer as Audited;
      same("what it found", breaches, []);
      // S3 keeps a SHA-256 of the first version and of the patch; the second came in parts.
      const { artifacts, patches, checksums } = counts;
      same(
        "what it looked at",
        { artifacts, patches, checksums },
        { artifacts: 2, patches: 1, checksums: 2 },
      );
      return undefined;
    },
  },
];

/** What a source build needs, with what each says of itself. One line: exported variables have no more. */
const TOOLS = {
  go: "go version",
  aws: "aws --version",
  git: "git --version",
  tar: "tar --version",
  gzip: "gzip --version",
  od: "od --version",
  gpg: "gpg --version",
  "ssh-keygen": "ssh -V",
};

/** Asks for Go as buildspec/source.yml does. */
const BUILDSPEC = JSON.stringify({
  version: 0.2,
  env: { shell: "bash", "exported-variables": ["VERSIONS", "MISSING"] },
  phases: {
    install: { "runtime-versions": { golang: "1.26" } },
    build: {
      commands: [
        "export VERSIONS= MISSING=",
        ...Object.entries(TOOLS).map(
          ([tool, ask]) =>
            `if command -v ${tool} > /dev/null; then VERSIONS="$VERSIONS, $(${ask} 2>&1 | head -n 1)"; else MISSING="$MISSING ${tool}"; fi`,
        ),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's
        'VERSIONS="${VERSIONS#, }"',
      ],
    },
  },
});

/** @throws Error after so many seconds */
async function until<T>(limit: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + limit * 1000;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`it has not ended after ${limit} s`);
    await sleep(1000);
  }
}

function letsCloudWatchPublish(policy: string): boolean {
  const { Statement = [] } = JSON.parse(policy) as {
    Statement?: { Effect: string; Principal?: { Service?: string | string[] }; Action?: string | string[] }[];
  };
  return Statement.some(
    ({ Effect, Principal, Action }) =>
      Effect === "Allow" &&
      [Principal?.Service].flat().includes("cloudwatch.amazonaws.com") &&
      [Action].flat().some((action) => /^sns:publish$/i.test(action ?? "")),
  );
}
