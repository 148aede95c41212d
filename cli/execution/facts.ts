import {
  DescribeExecutionCommand,
  type DescribeExecutionOutput,
  type ExecutionStatus,
  type HistoryEvent,
  paginateGetExecutionHistory,
} from "@aws-sdk/client-sfn";
import { type Artifact, artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { type Patch, patchesTo } from "../../lambda/shared/patches.ts";
import type {
  Bases,
  Paired,
  PatchResult,
  Plan,
  Promoted,
  ReleaseRequest,
} from "../../lambda/shared/payloads.ts";
import type { Deployment } from "../deployment/deployment.ts";
import type { BuildFacts, BuildWatch } from "./builds.ts";
import { type Machine, STEPS, type StepName } from "./steps.ts";

/** What an execution has left so far, as AWS tells it. Nothing here is concluded: that is progress.ts's. */
export interface Facts {
  arn: string;
  name: string;
  machine: Machine;
  status: ExecutionStatus;
  startedAt: Date;
  endedAt?: Date | undefined;
  /** JSON text, as somebody typed it. */
  input: string;
  output?: string | undefined;
  error?: string | undefined;
  cause?: string | undefined;
  steps: StepFacts[];
  /** What these steps returned, once they have. */
  request?: ReleaseRequest | undefined;
  source?: { Name: string; Value: string }[] | undefined;
  plan?: Plan | undefined;
  paired?: Paired | undefined;
  promoted?: Promoted | undefined;
  bases?: Bases | undefined;
  /** What became of each pair; a promotion's say which version they lead to. */
  results?: (PatchResult & { to?: string })[] | undefined;
  /** Rows of the artifacts that it makes or makes patches to, and of these patches. */
  artifacts: Artifact[];
  patches: Patch[];
  builds: BuildFacts[];
}

/** A state of the machine that was entered. */
export interface StepFacts {
  name: StepName;
  enteredAt: Date;
  exitedAt?: Date | undefined;
}

/** Looks at an execution once. @throws what the SDK throws, `ExecutionDoesNotExist` among it */
export async function look(deployment: Deployment, arn: string, builds: BuildWatch): Promise<Facts> {
  const { steps: sfn, releaseMachineArn, table } = deployment;
  // Before the history: what it says of the end is in the history then.
  const found = await sfn.send(new DescribeExecutionCommand({ executionArn: arn }));
  const events: HistoryEvent[] = [];
  const paging = { client: sfn, pageSize: 1000 };
  for await (const page of paginateGetExecutionHistory(paging, { executionArn: arn })) {
    events.push(...(page.events ?? []));
  }
  const machine = found.stateMachineArn === releaseMachineArn ? "release" : "promote";
  const facts: Facts = {
    ...describe(found),
    machine,
    ...readHistory(events, machine),
    artifacts: [],
    patches: [],
    builds: [],
  };
  const { request, plan, promoted } = facts;
  const cmd = request?.cmd ?? promoted?.cmd;
  if (cmd !== undefined) {
    const targets = targetsOf(facts);
    const versions = plan === undefined ? targets : [plan.version];
    const artifacts = await Promise.all(versions.map((one) => artifactsOfVersion(table, cmd, one)));
    facts.artifacts = artifacts.flatMap((rows) => [...rows.values()]);
    facts.patches = (await Promise.all(targets.map((to) => patchesTo(table, cmd, to)))).flat();
  }
  if (request !== undefined) facts.builds = await builds.look(deployment, facts);
  return facts;
}

/** What is known of an execution that was started and not looked at yet. */
export function unseen({ releaseMachineArn }: Deployment, arn: string): Facts {
  const isRelease = arn.startsWith(releaseMachineArn.replace(":stateMachine:", ":execution:"));
  return {
    ...describe({ executionArn: arn, stateMachineArn: "", status: "RUNNING", startDate: new Date() }),
    ...{ machine: isRelease ? "release" : "promote", steps: [], artifacts: [], patches: [], builds: [] },
  };
}

function describe(found: DescribeExecutionOutput) {
  const { executionArn = "", status = "RUNNING", startDate = new Date(0), stopDate } = found;
  const { name = executionArn.split(":").at(-1) ?? "", input = "{}", output, error, cause } = found;
  return {
    arn: executionArn,
    name,
    status,
    startedAt: startDate,
    endedAt: stopDate,
    input,
    output,
    error,
    cause,
  };
}

/** Versions that patches are made to: only where there is something to make. */
function targetsOf({ paired, plan, bases }: Facts): string[] {
  if (bases !== undefined) return [...new Set(bases.pairs.map(({ to }) => to))];
  return paired !== undefined && plan !== undefined && paired.pairs.length > 0 ? [plan.version] : [];
}

/** Those events that are about the machine's own states; what happens inside a Map is told by rows and builds. */
export function readHistory(
  events: readonly HistoryEvent[],
  machine: Machine,
): Pick<Facts, "steps"> & Partial<Facts> {
  const known: readonly string[] = STEPS[machine];
  const steps = new Map<StepName, StepFacts>();
  const outputs = new Map<string, unknown>();
  for (const {
    timestamp = new Date(0),
    stateEnteredEventDetails: entered,
    stateExitedEventDetails: exited,
  } of events) {
    if (entered?.name && known.includes(entered.name)) {
      const name = entered.name as StepName;
      steps.set(name, { name, enteredAt: timestamp });
    }
    const step = steps.get(exited?.name as StepName);
    if (step === undefined || exited === undefined) continue;
    step.exitedAt = timestamp;
    outputs.set(step.name, parsed(exited.output));
  }
  const source = outputs.get("Source") as
    | { Build?: { ExportedEnvironmentVariables?: Facts["source"] } }
    | undefined;
  const request = outputs.get("Request") as ReleaseRequest | undefined;
  const recorded = request?.recorded ? { version: request.version, batches: [] } : undefined;
  return {
    steps: [...steps.values()],
    request,
    source: source?.Build?.ExportedEnvironmentVariables,
    plan: (outputs.get("Plan") as Plan | undefined) ?? recorded,
    paired: outputs.get("Pair") as Paired | undefined,
    promoted: outputs.get("Promote") as Promoted | undefined,
    bases: outputs.get("Bases") as Bases | undefined,
    results: outputs.get("Patch") as Facts["results"],
  };
}

/** What a step returned. One that failed leaves its error instead, as its Catch passes that on. */
function parsed(output: string | undefined): unknown {
  try {
    const value = JSON.parse(output ?? "null") as object | null;
    return value === null || "Error" in value ? undefined : value;
  } catch {
    return undefined;
  }
}
