import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Duration, RemovalPolicy, Stack } from "aws-cdk-lib";
import {
  BuildEnvironmentVariableType,
  BuildSpec,
  ComputeType,
  LinuxBuildImage,
  Project,
  Source,
} from "aws-cdk-lib/aws-codebuild";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { Asset } from "aws-cdk-lib/aws-s3-assets";
import { type Construct, Node } from "constructs";

const folder = join(dirname(dirname(fileURLToPath(import.meta.url))), "buildspec");

export interface BuildProjectProps {
  description: string;
  /** The file in buildspec/ that it runs. */
  buildspec: string;
  timeoutMinutes: number;
  /** What the scripts read; each build adds its own by override. */
  environment: { [name: string]: string };
}

/**
 * A CodeBuild project that runs a script of buildspec/, with a role of its own. CDK grants it what every build needs:
 * its log, and reading its source (which comes with listing the bucket of CDK's assets).
 */
export class BuildProject extends Project {
  constructor(scope: Construct, id: string, props: BuildProjectProps) {
    const scripts = buildspecAsset(Stack.of(scope));
    super(scope, id, {
      description: props.description,
      source: Source.s3({ bucket: scripts.bucket, path: scripts.s3ObjectKey }),
      buildSpec: BuildSpec.fromSourceFilename(props.buildspec),
      // Has Go 1.26; another exact version is fetched by the scripts.
      environment: { buildImage: LinuxBuildImage.AMAZON_LINUX_2023_6, computeType: ComputeType.SMALL },
      environmentVariables: Object.fromEntries(
        Object.entries(props.environment).map(([name, value]) => [
          name,
          { type: BuildEnvironmentVariableType.PLAINTEXT, value },
        ]),
      ),
      timeout: Duration.minutes(props.timeoutMinutes),
      grantReportGroupPermissions: false,
      queuedTimeout: Duration.hours(1),
      logging: {
        cloudWatch: {
          logGroup: new LogGroup(scope, `${id}Log`, {
            retention: RetentionDays.THREE_MONTHS,
            removalPolicy: RemovalPolicy.DESTROY,
          }),
        },
      },
    });
  }

  allow(actions: string[], resources: string[]): void {
    this.addToRolePolicy(new PolicyStatement({ actions, resources }));
  }
}

/** The scripts, uploaded once for all projects of the stack. */
function buildspecAsset(stack: Stack): Asset {
  const id = "Buildspec";
  return (Node.of(stack).tryFindChild(id) as Asset | undefined) ?? new Asset(stack, id, { path: folder });
}
