import { join } from "node:path";
import { BatchGetBuildsCommand, CodeBuildClient, ListBuildsCommand } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { GetObjectCommand, ListBucketsCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import { GetExecutionHistoryCommand, SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { inject, vi } from "vitest";
import type { Paired, PatchResult, Promoted, Withdrawn } from "../../lambda/shared/payloads.ts";
import type { Table } from "../../lambda/shared/table.ts";
import { clientSettings } from "../../local/local-aws.ts";
import { type Ended, followRelease, startRelease } from "../../local/release.ts";
import { Repository } from "../../tools/repository.ts";
import type { COMMANDS } from "./commands.ts";

type Cmd = (typeof COMMANDS)[number] | "age" | "hk-private";

const { local, repositories, signingKey, faults } = inject("setting");

export { faults, local, signingKey };

/** For clients of the local AWS, as its root user. */
export const options = clientSettings(local);
export const s3 = new S3Client(options);
export const codebuild = new CodeBuildClient(options);
export const steps = new SFNClient(options);
export const table: Table = {
  name: local.table,
  documents: DynamoDBDocumentClient.from(new DynamoDBClient(options)),
};

export function repositoryOf(cmd: Cmd): Repository {
  return new Repository(join(repositories, cmd));
}

/** A finished execution: what it returned, and which states it went through. */
export interface Release extends Ended {
  result: {
    cmd: string;
    version: string;
    artifacts: Paired["artifacts"];
    patches: PatchResult[];
    documents: string[];
    published: false | { revision: number; changed: boolean };
  };
  states: string[];
}

/** Starts a release as an operator does, with the AWS CLI, and waits for its end. */
export async function release(input: unknown): Promise<Release> {
  const executionArn = await startRelease(local, input);
  const ended = await followRelease(local, executionArn);
  return { ...ended, result: JSON.parse(ended.output ?? "{}"), states: await statesOf(executionArn) };
}

/** A finished execution of the promote machine. */
export interface Promotion extends Ended {
  result: Pick<Promoted, "cmd" | "version" | "action"> & {
    published: Pick<Promoted, "revision" | "changed" | "from" | "to">;
    withdrawn: false | Withdrawn;
    patches: (PatchResult & { to: string })[];
  };
  states: string[];
}

/** Starts the promote machine as an operator does, and waits for its end. */
export async function promote(input: unknown): Promise<Promotion> {
  const executionArn = await startRelease(local, input, local.promoteMachineArn);
  const ended = await followRelease(local, executionArn);
  return { ...ended, result: JSON.parse(ended.output ?? "{}"), states: await statesOf(executionArn) };
}

/** The names of the states that an execution entered, in order; the local AWS leaves those inside a Map out. */
async function statesOf(executionArn: string): Promise<string[]> {
  const names: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await steps.send(new GetExecutionHistoryCommand({ executionArn, nextToken }));
    names.push(
      ...(page.events ?? []).flatMap(({ stateEnteredEventDetails: entered }) => entered?.name ?? []),
    );
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return names;
}

/** GET on the directory. */
export function directory(path: string, init?: RequestInit): Promise<Response> {
  return fetch(`${local.directoryUrl}${path}`, { redirect: "manual", ...init });
}

/** The bucket's name; the deployment does not tell it, people have no business there. */
export async function sourcesBucket(): Promise<string | undefined> {
  const { Buckets = [] } = await s3.send(new ListBucketsCommand());
  return Buckets.find(({ Name }) => Name?.includes("sources"))?.Name;
}

/** The orders that releases of a command gave to builds, oldest first, as the platforms of each. */
export async function orderedBuilds(cmd: Cmd): Promise<string[][]> {
  const Bucket = await sourcesBucket();
  const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `plans/${cmd}/` }));
  const byAge = Contents.sort((a, b) => Number(a.LastModified) - Number(b.LastModified));
  return Promise.all(
    byAge.map(async ({ Key }) => {
      const plan = await s3.send(new GetObjectCommand({ Bucket, Key }));
      const text = (await plan.Body?.transformToString()) ?? "";
      return [...text.matchAll(/^platform\t(.*)$/gm)].map(([, platform = ""]) => platform);
    }),
  );
}

/** Waits until a build that compiles a command is running, and returns its id. */
export function untilBuildRuns(cmd: Cmd): Promise<string> {
  return vi.waitUntil(
    async () => {
      const { ids = [] } = await codebuild.send(new ListBuildsCommand());
      const { builds = [] } = await codebuild.send(new BatchGetBuildsCommand({ ids: ids.slice(0, 5) }));
      return builds.find(({ buildStatus, environment }) => {
        const set = (name: string) =>
          environment?.environmentVariables?.find((one) => one.name === name)?.value;
        return buildStatus === "IN_PROGRESS" && set("HKDIST_COMMAND") === cmd && set("HKDIST_PLAN_KEY");
      })?.id;
    },
    { timeout: 60_000, interval: 100 },
  );
}
