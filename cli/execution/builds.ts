import {
  type CloudWatchLogsClient,
  GetLogEventsCommand,
  ResourceNotFoundException,
} from "@aws-sdk/client-cloudwatch-logs";
import { BatchGetBuildsCommand, type Build, ListBuildsForProjectCommand } from "@aws-sdk/client-codebuild";
import type { Deployment } from "../deployment/deployment.ts";
import type { Facts } from "./facts.ts";

/** A CodeBuild build of an execution. */
export interface BuildFacts {
  id: string;
  step: "Source" | "Build";
  /** CodeBuild's, such as `QUEUED` or `BUILD`. */
  phase: string;
  /** `IN_PROGRESS`, `SUCCEEDED`, `FAILED`, `FAULT`, `TIMED_OUT` or `STOPPED`. */
  status: string;
  startedAt: Date;
  /** The log so far; CodeBuild's own lines begin with `[Container]`. */
  lines: string[];
}

/** A build, and how far its log has been read. */
interface Reading {
  facts: BuildFacts;
  token?: string | undefined;
  /** Whether the build had ended when its log was last read. */
  hadEnded: boolean;
  complete: boolean;
}

/** Pages of a log in one look: the rest comes with the next one. */
const MOST_PAGES = 20;

/** The builds of an execution. It keeps what it has read, so that each look asks for what is new. */
export class BuildWatch {
  private readonly readings = new Map<string, Reading>();
  /** Ids of other executions' builds. */
  private readonly foreign = new Set<string>();

  /** The builds so far, oldest first. */
  async look(deployment: Deployment, { name, steps, request }: Omit<Facts, "builds">): Promise<BuildFacts[]> {
    const projects = { Source: request?.sourceProject, Build: request?.buildProject };
    for (const step of ["Source", "Build"] as const) {
      const entered = steps.find((one) => one.name === step);
      const project = projects[step];
      // When its step is over there is no new one.
      const known = [...this.readings.values()].some(({ facts }) => facts.step === step);
      if (entered && project && !(known && entered.exitedAt))
        await this.find(deployment, name, step, project);
    }
    await this.readOn(deployment);
    return [...this.readings.values()].map(({ facts }) => facts);
  }

  /** Whether there is no more to come of them. */
  isComplete(): boolean {
    return [...this.readings.values()].every(({ complete }) => complete);
  }

  /** The newest hundred are enough: a look back into the past may find none. */
  private async find(
    { codebuild }: Deployment,
    execution: string,
    step: BuildFacts["step"],
    projectName: string,
  ): Promise<void> {
    const list = new ListBuildsForProjectCommand({ projectName, sortOrder: "DESCENDING" });
    const { ids = [] } = await codebuild.send(list);
    const unseen = ids.filter((id) => !this.readings.has(id) && !this.foreign.has(id));
    if (unseen.length === 0) return;
    const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: unseen }));
    for (const build of builds.toSorted((a, b) => Number(a.startTime) - Number(b.startTime))) {
      const { id = "", startTime = new Date() } = build;
      if (executionOf(build) !== execution) {
        this.foreign.add(id);
        continue;
      }
      const facts = { id, step, phase: "", status: "IN_PROGRESS", startedAt: startTime, lines: [] };
      this.readings.set(id, { facts, hadEnded: false, complete: false });
    }
  }

  private async readOn({ codebuild, logs }: Deployment): Promise<void> {
    const ids = [...this.readings.values()].filter(({ complete }) => !complete).map(({ facts }) => facts.id);
    if (ids.length === 0) return;
    const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
    for (const { id = "", currentPhase = "", buildStatus = "", logs: log } of builds) {
      const reading = this.readings.get(id);
      if (reading === undefined) continue;
      Object.assign(reading.facts, { phase: currentPhase, status: buildStatus });
      if (log?.groupName && log.streamName) await readLog(logs, log.groupName, log.streamName, reading);
      const hasEnded = buildStatus !== "IN_PROGRESS";
      // The last lines may come a moment after the end: one more look gets them.
      reading.complete = hasEnded && reading.hadEnded;
      reading.hadEnded = hasEnded;
    }
  }
}

/** The release machine names it (lib/release-machine.ts). */
function executionOf({ environment }: Build): string | undefined {
  return environment?.environmentVariables?.find(({ name }) => name === "HKDIST_EXECUTION")?.value;
}

async function readLog(
  client: CloudWatchLogsClient,
  logGroupName: string,
  logStreamName: string,
  reading: Reading,
): Promise<void> {
  for (let page = 0; page < MOST_PAGES; page++) {
    const nextToken = reading.token;
    const get = new GetLogEventsCommand({ logGroupName, logStreamName, startFromHead: true, nextToken });
    try {
      const { events = [], nextForwardToken } = await client.send(get);
      reading.facts.lines.push(...events.map(({ message = "" }) => message.trimEnd()));
      reading.token = nextForwardToken;
      // At the end AWS gives back the token that it got.
      if (nextForwardToken === nextToken) return;
    } catch (error) {
      // A build is there a moment before its log is, and some time after it.
      if (error instanceof ResourceNotFoundException) return;
      throw error;
    }
  }
}
