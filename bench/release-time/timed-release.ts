import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  ListBuildsCommand,
} from "@aws-sdk/client-codebuild";
import { GetExecutionHistoryCommand, type HistoryEvent, SFNClient } from "@aws-sdk/client-sfn";
import { clientSettings, type LocalAws } from "../../local/local-aws.ts";
import { followRelease, startRelease } from "../../local/release.ts";

/** Seconds, and what AWS counts. */
export interface Timed {
  wall: number;
  source: number;
  /** Each build that compiles. */
  builds: number[];
  /** From the first patch to the last. */
  patches: number;
  patchCount: number;
  /** Of the machine; those of a patch are not told here and are added by their number. */
  transitions: number;
}

/**
 * Releases the newest tag of a command and times it.
 * @throws Error when the release fails
 */
export async function timedRelease(local: LocalAws, cmd: string): Promise<Timed> {
  const options = clientSettings(local);
  const steps = new SFNClient(options);
  const codebuild = new CodeBuildClient(options);

  const started = Date.now();
  const executionArn = await startRelease(local, { cmd });
  const ended = await followRelease(local, executionArn, 3600);
  const wall = (Date.now() - started) / 1000;
  if (ended.status !== "SUCCEEDED") throw new Error(`${cmd}: ${ended.error}: ${ended.cause}`);

  const { ids = [] } = await codebuild.send(new ListBuildsCommand({ sortOrder: "DESCENDING" }));
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
  const mine = builds.filter(({ startTime }) => Number(startTime) >= started);
  const isSource = ({ projectName }: Build) => projectName?.startsWith("hkdist-source-") ?? false;
  const { events = [] } = await steps.send(
    new GetExecutionHistoryCommand({ executionArn, maxResults: 1000 }),
  );
  const { patches = [] } = JSON.parse(ended.output ?? "{}") as { patches?: unknown[] };
  return {
    wall,
    source: mine.filter(isSource).map(secondsOf)[0] ?? 0,
    builds: mine.filter((build) => !isSource(build)).map(secondsOf),
    patches: secondsIn(events, /patch/i),
    patchCount: patches.length,
    transitions: events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails).length,
  };
}

function secondsOf({ startTime, endTime }: Build): number {
  return (Number(endTime) - Number(startTime)) / 1000;
}

/** From entering the first state of that name to leaving the last. */
function secondsIn(events: HistoryEvent[], name: RegExp): number {
  const times = events
    .filter((event) =>
      name.test(event.stateEnteredEventDetails?.name ?? event.stateExitedEventDetails?.name ?? ""),
    )
    .map(({ timestamp }) => Number(timestamp));
  return times.length === 0 ? 0 : (Math.max(...times) - Math.min(...times)) / 1000;
}
