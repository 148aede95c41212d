import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  ListBuildsCommand,
} from "@aws-sdk/client-codebuild";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { clientSettings, type LocalAws } from "../../local/local-aws.ts";
import { followRelease, startRelease } from "../../local/release.ts";

/** Seconds, and what AWS counts. */
export interface Timed {
  /** Of the execution, as Step Functions tells it. */
  wall: number;
  /** The machine's states in their order, one after another: the critical path. */
  states: { name: string; seconds: number }[];
  /** Each CodeBuild build: the source's first. */
  builds: number[];
  patchCount: number;
  /** Of the machine; those of a patch are not told here and are added by their number. */
  transitions: number;
}

/**
 * Releases a tag of a command and times it.
 * @throws Error when the release fails
 */
export async function timedRelease(local: LocalAws, cmd: string, tag: string): Promise<Timed> {
  const options = clientSettings(local);
  const steps = new SFNClient(options);
  const executionArn = await startRelease(local, { cmd, tag });
  const ended = await followRelease(local, executionArn, 3600);
  if (ended.status !== "SUCCEEDED") throw new Error(`${cmd} ${tag}: ${ended.error}: ${ended.cause}`);

  const { startDate, stopDate } = await steps.send(new DescribeExecutionCommand({ executionArn }));
  const { events = [] } = await steps.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  const { patches = [] } = JSON.parse(ended.output ?? "{}") as { patches?: { outcome: string }[] };
  const unmade = patches.filter(({ outcome }) => outcome !== "made").length;
  if (unmade > 0) throw new Error(`${cmd} ${tag}: ${unmade} of ${patches.length} patches were not made`);
  return {
    wall: (Number(stopDate) - Number(startDate)) / 1000,
    states: statesOf(events),
    builds: await buildsSince(new CodeBuildClient(options), Number(startDate)),
    patchCount: patches.length,
    transitions: events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails).length,
  };
}

/** From entering each state to entering the next; the machine has one at a time, and within Map the history tells nothing here. */
function statesOf(events: HistoryEvent[]): Timed["states"] {
  const entered = events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails);
  const end = Number(events.at(-1)?.timestamp);
  return entered.map((event, index) => ({
    name: event.stateEnteredEventDetails?.name ?? "",
    seconds: (Number(entered[index + 1]?.timestamp ?? end) - Number(event.timestamp)) / 1000,
  }));
}

async function buildsSince(codebuild: CodeBuildClient, started: number): Promise<number[]> {
  const { ids = [] } = await codebuild.send(new ListBuildsCommand({ sortOrder: "DESCENDING" }));
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
  const startOf = ({ startTime }: Build) => Number(startTime);
  return builds
    .filter((build) => startOf(build) >= started - 1000)
    .sort((a, b) => startOf(a) - startOf(b))
    .map((build) => (Number(build.endTime) - startOf(build)) / 1000);
}
