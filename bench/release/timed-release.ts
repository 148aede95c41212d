import { CloudWatchLogsClient, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import {
  BatchGetBuildsCommand,
  type Build,
  CodeBuildClient,
  ListBuildsCommand,
} from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import {
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
} from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { patchesTo } from "../../lambda/shared/patches.ts";
import { clientSettings, type LocalAws } from "../../local/local-aws.ts";
import { followRelease, startRelease } from "../../local/release.ts";
import { type BuildPart, buildParts } from "./build-parts.ts";

/** Seconds, and what AWS counts. */
export interface Timed {
  /** Of the execution, as Step Functions tells it. */
  wall: number;
  /** The machine's states in their order, one after another: the critical path. */
  states: { name: string; seconds: number }[];
  /** Each CodeBuild build: the source's first. */
  builds: number[];
  /** Of all builds together. */
  buildParts: BuildPart[];
  /** Of each artifact, from being stored to being recorded. */
  recording: number[];
  /** Of each patch, in its function. */
  patches: number[];
  /** Of the machine; those of a patch are not told here and are added by their number. */
  transitions: number;
}

/**
 * Releases a tag of a command and times it.
 * @throws Error when the release fails, or a patch is not made
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
  const builds = await buildsSince(new CodeBuildClient(options), Number(startDate));
  const logs = new CloudWatchLogsClient(options);
  return {
    wall: (Number(stopDate) - Number(startDate)) / 1000,
    states: statesOf(events),
    builds: builds.map((build) => (Number(build.endTime) - Number(build.startTime)) / 1000),
    buildParts: (await Promise.all(builds.map((build) => partsOf(logs, build)))).flat(),
    ...(await storedTimes(local, cmd, tag.slice(1))),
    transitions: events.filter(({ stateEnteredEventDetails }) => stateEnteredEventDetails).length,
  };
}

/** By S3's own times of the artifacts, and by the table's rows. */
async function storedTimes(
  local: LocalAws,
  cmd: string,
  version: string,
): Promise<Pick<Timed, "recording" | "patches">> {
  const options = clientSettings(local);
  const table = { name: local.table, documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)) };
  const { Contents = [] } = await new S3Client({ ...options, forcePathStyle: true }).send(
    new ListObjectsV2Command({ Bucket: local.artifactsBucket, Prefix: `${cmd}/${version}/` }),
  );
  const storedAt = new Map(Contents.map(({ Key, LastModified }) => [Key, Number(LastModified)]));
  const artifacts = await artifactsOfVersion(table, cmd, version);
  const patches = await patchesTo(table, cmd, version);
  return {
    recording: [...artifacts.values()].map(
      ({ key, recordedAt }) => (Date.parse(recordedAt) - (storedAt.get(key) ?? Number.NaN)) / 1000,
    ),
    patches: patches.flatMap((patch) => ("milliseconds" in patch ? [(patch.milliseconds ?? 0) / 1000] : [])),
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

async function buildsSince(codebuild: CodeBuildClient, started: number): Promise<Build[]> {
  const { ids = [] } = await codebuild.send(new ListBuildsCommand({ sortOrder: "DESCENDING" }));
  const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids }));
  const startOf = ({ startTime }: Build) => Number(startTime);
  return builds.filter((build) => startOf(build) >= started - 1000).sort((a, b) => startOf(a) - startOf(b));
}

async function partsOf(client: CloudWatchLogsClient, { startTime, logs }: Build): Promise<BuildPart[]> {
  const { events = [] } = await client.send(
    new GetLogEventsCommand({
      logGroupName: logs?.groupName,
      logStreamName: logs?.streamName,
      startFromHead: true,
    }),
  );
  return buildParts(
    Number(startTime),
    events.map(({ timestamp = 0, message = "" }) => ({ at: timestamp, text: message.trimEnd() })),
  );
}
