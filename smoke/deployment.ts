import {
  CloudFormationClient,
  DescribeStacksCommand,
  paginateListStackResources,
  type StackResourceSummary,
} from "@aws-sdk/client-cloudformation";
import { CloudWatchClient } from "@aws-sdk/client-cloudwatch";
import { CodeBuildClient } from "@aws-sdk/client-codebuild";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { S3Client } from "@aws-sdk/client-s3";
import { SFNClient } from "@aws-sdk/client-sfn";
import { SNSClient } from "@aws-sdk/client-sns";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import type { Table } from "../lambda/shared/table.ts";
import { clientSettings, type LocalAws } from "../local/local-aws.ts";
import type { Credentials } from "../tools/signed-request.ts";
import { UserError } from "../tools/user-error.ts";

/** A live stack, with clients that speak for who runs this. */
export interface Deployment {
  /** Whether it is the local AWS. */
  isLocal: boolean;
  region: string;
  credentials: () => Promise<Credentials>;
  /** All end in `/`. */
  directoryUrl: string;
  /** The gateway's own: signatures are for its host. */
  apiUrl: string;
  artifactsUrl: string;
  /** The artifacts bucket as anybody would ask it, without CDN and credentials; ends in `/`. */
  bucketUrl: string;
  bucket: string;
  table: Table;
  releaseMachineArn: string;
  /** Names of functions. */
  patchFunction: string;
  auditFunction: string;
  /** The source build's project of one of the commands. */
  sourceProject: string;
  alarms: string[];
  topicArns: string[];
  s3: S3Client;
  lambda: LambdaClient;
  steps: SFNClient;
  codebuild: CodeBuildClient;
  cloudwatch: CloudWatchClient;
  sns: SNSClient;
}

/**
 * Finds what there is to look at by what CloudFormation says of the stack.
 * @param local the local AWS; else the SDK's own region and credentials
 * @throws UserError when there is no such stack, or it lacks something
 */
export async function findDeployment(stack: string, local: LocalAws | undefined): Promise<Deployment> {
  const settings = local === undefined ? {} : clientSettings(local);
  const formation = new CloudFormationClient(settings);
  const region = await regionOf(formation);
  const output = await outputsOf(formation, stack);
  const resources: StackResourceSummary[] = [];
  for await (const page of paginateListStackResources({ client: formation }, { StackName: stack })) {
    resources.push(...(page.StackResourceSummaries ?? []));
  }
  const ofType = (type: string) =>
    resources.filter(({ ResourceType }) => ResourceType === `AWS::${type}`).map(namesOf);
  const named = (type: string, beginning: string) => {
    const found = ofType(type).find(({ logical }) => logical.startsWith(beginning));
    if (found === undefined) throw new UserError(`Stack ${stack} has no ${type} ${beginning}...`);
    return found.physical;
  };
  const bucket = output("ArtifactsBucket");
  const s3 = new S3Client({ ...settings, forcePathStyle: local !== undefined });
  const documents = DynamoDBDocumentClient.from(new DynamoDBClient(settings));
  return {
    isLocal: local !== undefined,
    region,
    credentials: () => formation.config.credentials(),
    directoryUrl: output("DirectoryUrl"),
    apiUrl: output("ApiUrl"),
    artifactsUrl: output("ArtifactsUrl"),
    bucketUrl: bucketUrlOf(bucket, region, local?.endpointUrl),
    bucket,
    table: { name: output("Table"), documents },
    releaseMachineArn: output("ReleaseMachineArn"),
    patchFunction: named("Lambda::Function", "PatchFunction"),
    auditFunction: named("Lambda::Function", "AuditFunction"),
    sourceProject: named("CodeBuild::Project", "Source"),
    alarms: ofType("CloudWatch::Alarm").map(({ physical }) => physical),
    topicArns: ofType("SNS::Topic").map(({ physical }) => physical),
    s3,
    lambda: new LambdaClient(settings),
    steps: new SFNClient(settings),
    codebuild: new CodeBuildClient(settings),
    cloudwatch: new CloudWatchClient(settings),
    sns: new SNSClient(settings),
  };
}

/** The SDK's own setting sends all other requests there, too. */
function bucketUrlOf(bucket: string, region: string, endpoint = process.env["AWS_ENDPOINT_URL"]): string {
  const domain = region.startsWith("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return `${endpoint ?? `https://s3.${region}.${domain}`}/${bucket}/`;
}

async function regionOf(client: CloudFormationClient): Promise<string> {
  try {
    return await client.config.region();
  } catch {
    throw new UserError("No region is configured: say which with --region.");
  }
}

async function outputsOf(client: CloudFormationClient, StackName: string): Promise<(name: string) => string> {
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({ StackName })).catch((error) => {
    throw new UserError(`Stack ${StackName} cannot be looked at: ${(error as Error).message}`);
  });
  return (name) => {
    const found = Stacks[0]?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
    if (found === undefined) throw new UserError(`Stack ${StackName} has no output ${name}.`);
    return found;
  };
}

const namesOf = ({ LogicalResourceId = "", PhysicalResourceId = "" }: StackResourceSummary) => ({
  logical: LogicalResourceId,
  physical: PhysicalResourceId,
});
