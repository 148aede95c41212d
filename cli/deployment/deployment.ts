import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { CloudWatchLogsClient } from "@aws-sdk/client-cloudwatch-logs";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Table } from "../../lambda/shared/table.ts";
import { clientSettings, deployedLocally } from "../../local/local-aws.ts";
import { defaultFolder } from "../../local/paths.ts";
import { quote } from "../../tools/quote.ts";
import { CliError } from "../errors.ts";
import { findStack } from "./outputs.ts";

/** How the command line says which deployment is meant. */
export interface Where {
  stack?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
  /** The folder of the local AWS that is meant instead. */
  localFolder?: string | undefined;
}

/** For every client: what to talk to, and as whom. */
export interface Settings {
  region?: string;
  profile?: string;
  endpoint?: string;
  credentials?: { accessKeyId: string; secretAccessKey: string };
  maxAttempts: number;
  logger: Logger;
  requestHandler: typeof PATIENCE;
}

/** A deployed stack, with clients that speak for who runs this. */
export interface Deployment {
  stack: string;
  /** CloudFormation's, such as `UPDATE_COMPLETE`. */
  stackStatus: string;
  region: string;
  isLocal: boolean;
  /** What is typed to come back to this deployment, such as ` --local`; empty for the usual one. */
  flags: string;
  settings: Settings;
  /** All end in `/`. */
  directoryUrl: string;
  artifactsUrl: string;
  releaseMachineArn: string;
  promoteMachineArn: string;
  bucket: string;
  table: Table;
  alertsTopicArn: string;
  steps: SFNClient;
  codebuild: CodeBuildClient;
  logs: CloudWatchLogsClient;
  s3: S3Client;
}

type Logger = Record<"trace" | "debug" | "info" | "warn" | "error", () => void>;
const nothing = () => {};
/** The SDK warns of a profile beside keys in the environment, in eight lines: who typed --profile means it. */
const SILENT: Logger = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Milliseconds: a connection that died does not keep anybody for minutes. */
const PATIENCE = { connectionTimeout: 5000, requestTimeout: 30_000, throwOnRequestTimeout: true };

/** A throttled call is tried again, with growing pauses of up to 20 s: half a minute in all. */
const TRIES = 8;
const COMMON = { maxAttempts: TRIES, logger: SILENT, requestHandler: PATIENCE };

/**
 * @throws CliError when there is no local AWS in the folder, no region, or no such stack
 */
export async function findDeployment(where: Where): Promise<Deployment> {
  const settings = settingsFor(where);
  const formation = new CloudFormationClient(settings);
  const region = await formation.config.region().catch((error: unknown) => {
    const { profile } = where;
    throw new CliError(
      "Usage",
      profile === undefined
        ? "No region is configured."
        : `The AWS configuration has no profile ${profile}, or that has no region.`,
      {
        cause: error,
        next: "the same with --region or with a --profile that has one; --local is the AWS of this checkout",
      },
    );
  });
  const { name, status, outputs } = await findStack(formation, where.stack);
  const output = (key: string) => outputs[key] ?? "";
  const isLocal = where.localFolder !== undefined;
  return {
    stack: name,
    stackStatus: status,
    region,
    isLocal,
    flags: flagsOf(where),
    settings,
    directoryUrl: output("DirectoryUrl"),
    artifactsUrl: output("ArtifactsUrl"),
    releaseMachineArn: output("ReleaseMachineArn"),
    promoteMachineArn: output("PromoteMachineArn"),
    bucket: output("ArtifactsBucket"),
    table: {
      name: output("Table"),
      documents: DynamoDBDocumentClient.from(new DynamoDBClient(settings)),
    },
    alertsTopicArn: output("AlertsTopicArn"),
    steps: new SFNClient(settings),
    codebuild: new CodeBuildClient(settings),
    logs: new CloudWatchLogsClient(settings),
    s3: new S3Client({ ...settings, forcePathStyle: isLocal }),
  };
}

/** @throws CliError when there is no local AWS in the folder */
export function settingsFor({ region, profile, localFolder }: Where): Settings {
  if (localFolder === undefined) {
    return { ...(region && { region }), ...(profile && { profile }), ...COMMON };
  }
  const local = deployedLocally(localFolder);
  if (local === undefined) {
    throw new CliError("NotFound", `There is no local AWS in ${localFolder}.`, {
      next:
        localFolder === defaultFolder ? "npm run local" : `npm run local -- --folder ${quote(localFolder)}`,
    });
  }
  return { ...clientSettings(local), ...COMMON };
}

/** The flags that a next command needs to mean the same deployment. */
export function flagsOf({ stack, profile, region, localFolder }: Where): string {
  return [
    ...(localFolder === undefined ? [] : [" --local"]),
    ...(localFolder === undefined || localFolder === defaultFolder
      ? []
      : [` --folder ${quote(localFolder)}`]),
    ...(stack === undefined ? [] : [` --stack ${quote(stack)}`]),
    ...(profile === undefined ? [] : [` --profile ${quote(profile)}`]),
    ...(region === undefined ? [] : [` --region ${quote(region)}`]),
  ].join("");
}
