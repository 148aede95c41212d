import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Duration, Stack, Validations } from "aws-cdk-lib";
import {
  BuildEnvironmentVariableType,
  BuildSpec,
  ComputeType,
  LinuxBuildImage,
  Project,
  Source,
} from "aws-cdk-lib/aws-codebuild";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { type Construct, Node } from "constructs";
import { keptLog } from "./kept-log.ts";
import { ofThisAccount } from "./of-this-account.ts";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "buildspec");

/** The two builds of a command. Each runs the file of its name in buildspec/. */
export type BuildStep = "source" | "build";

export interface BuildProjectProps {
  step: BuildStep;
  cmd: string;
  description: string;
  timeoutMinutes: number;
  /** What the scripts read; each build adds its own by override. */
  environment: { [name: string]: string };
  /** Files of the configuration for the scripts, by the variable that gets their path; empty without one. */
  files: { [name: string]: string | undefined };
}

/** A CodeBuild project that runs a script of buildspec/, with a role of its own: its log, its scripts, and what is allowed. */
export class BuildProject extends Project {
  /** What people call it. */
  readonly describes: string;
  readonly #role: Role;

  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    const files = Object.entries(props.files).flatMap(([variable, path]) =>
      path ? [{ variable, path }] : [],
    );
    const scripts =
      files.length === 0 ? sharedScripts(Stack.of(scope)) : scriptsWith(scope, `${id}Scripts`, files);
    const paths = Object.entries(props.files).map(([variable, path]) => [
      variable,
      path ? pathOf(variable) : "",
    ]);
    const environment: { [name: string]: string } = {
      ...props.environment,
      ...Object.fromEntries(paths),
      // Not for the scripts: the release machine says here for which execution a build is, so that people find it.
      HKDIST_EXECUTION: "",
    };
    const name = projectName(scope, props.step, props.cmd);
    const logGroup = keptLog(scope, `${id}Log`, { logGroupName: logGroupName(name) });
    const role = new Role(scope, `${id}Role`, {
      description: props.description,
      assumedBy: new ServicePrincipal("codebuild.amazonaws.com", ofThisAccount(scope)),
    });
    super(scope, id, {
      projectName: name,
      description: props.description,
      // What CDK would grant by itself lets a build list all assets of the account, and make logs.
      role: role.withoutPolicyUpdates(),
      source: Source.s3({ bucket: scripts.bucket, path: scripts.s3ObjectKey }),
      buildSpec: BuildSpec.fromSourceFilename(`${props.step}.yml`),
      // Has Go 1.26; another exact version is fetched by the scripts.
      environment: { buildImage: LinuxBuildImage.AMAZON_LINUX_2023_6, computeType: ComputeType.SMALL },
      environmentVariables: Object.fromEntries(
        Object.entries(environment).map(([name, value]) => [
          name,
          { type: BuildEnvironmentVariableType.PLAINTEXT, value },
        ]),
      ),
      timeout: Duration.minutes(props.timeoutMinutes),
      grantReportGroupPermissions: false,
      queuedTimeout: Duration.hours(1),
      logging: {
        cloudWatch: {
          logGroup,
        },
      },
    });
    this.describes = props.description;
    this.#role = role;
    logGroup.grantWrite(role);
    // What CodeBuild asks for to fetch a source: docs.aws.amazon.com/codebuild/latest/userguide/setting-up-service-role.html
    this.allow(["s3:GetObject", "s3:GetObjectVersion"], [scripts.bucket.arnForObjects(scripts.s3ObjectKey)]);
    this.allow(["s3:GetBucketAcl", "s3:GetBucketLocation"], [scripts.bucket.bucketArn]);
    Validations.of(this).acknowledge({
      id: "AwsSolutions-CB4",
      reason:
        "The key would be for CodeBuild's own output artifacts, and there are none: " +
        "scripts put what they make into buckets that are encrypted.",
    });
  }

  allow(actions: string[], resources: string[]): void {
    this.#role.addToPolicy(new PolicyStatement({ actions, resources }));
  }
}

/**
 * A project's name, or a pattern of names with `*` as the command. It is no generated one: people read it in consoles, and
 * their policies (lib/operator.ts) name all projects of a step by it, which have no room for each.
 */
export function projectName(scope: Construct, step: BuildStep, cmd: string): string {
  return `${Stack.of(scope).stackName}-${step}-${cmd}`;
}

/** Where a project logs, for the same reasons: the name that CodeBuild itself would take. */
export function logGroupName(project: string): string {
  return `/aws/codebuild/${project}`;
}

/** The scripts, uploaded once for all projects of the stack that need nothing else. */
function sharedScripts(stack: Stack): Asset {
  const id = "Buildspec";
  return (Node.of(stack).tryFindChild(id) as Asset | undefined) ?? new Asset(stack, id, { path: folder });
}

/** Where a file of the configuration is, seen from the scripts. */
const pathOf = (variable: string) => `configured/${variable}`;

/** The scripts with files beside them: what comes with a build's source needs no right and no request to be read. */
function scriptsWith(scope: Construct, id: string, files: { variable: string; path: string }[]): Asset {
  const together = mkdtempSync(join(tmpdir(), "hkdist-scripts-"));
  try {
    cpSync(folder, together, { recursive: true });
    for (const { variable, path } of files) cpSync(path, join(together, pathOf(variable)));
    return new Asset(scope, id, { path: together });
  } finally {
    rmSync(together, { recursive: true });
  }
}
