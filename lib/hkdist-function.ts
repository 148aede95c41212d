import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { Duration, Size } from "aws-cdk-lib";
import { Effect, PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, LoggingFormat, Runtime } from "aws-cdk-lib/aws-lambda";
import { type ICommandHooks, LogLevel, NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import type { Construct } from "constructs";
import { ENVIRONMENT, type Setting, type Settings } from "../lambda/shared/settings.ts";
import { keptLog } from "./kept-log.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Puts a folder of the project beside the bundle. */
function copying(folder: string): ICommandHooks {
  return {
    beforeBundling: () => [],
    beforeInstall: () => [],
    afterBundling: (project, output) => [`cp -R "${project}/${folder}" "${output}"`],
  };
}

export interface HkdistFunctionProps<Names extends Setting> {
  /** The folder under lambda/ that holds its handler. */
  step: string;
  description: string;
  /** Exactly what the handler reads. */
  settings: Settings<Names>;
  /** 512 by default. */
  memoryMegabytes?: number;
  timeout?: Duration;
  /** What it keeps in /tmp; 512 by default. */
  temporaryMegabytes?: number;
  /** Packages to take from other folders than node_modules, by name: those with a compiled addon. */
  packages?: { [name: string]: string };
  /** A folder beside the handler whose files it reads: it lies beside the bundle, too. */
  files?: string;
  /** Packages that a dependency loads for what we do not ask of it: they are left out of the bundle. */
  unused?: string[];
}

/** Every function of the system: the defaults are here, what it may do is granted by its construct. */
export class HkdistFunction<Names extends Setting> extends NodejsFunction {
  constructor(scope: Construct, id: string, props: HkdistFunctionProps<Names>) {
    const settings = Object.entries(props.settings) as [Setting, string][];
    const logGroup = keptLog(scope, `${id}Log`);
    // Lambda's managed policy lets a function write to every log of the account.
    const role = new Role(scope, `${id}Role`, {
      description: props.description,
      assumedBy: new ServicePrincipal("lambda.amazonaws.com"),
    });
    logGroup.grantWrite(role);
    super(scope, id, {
      entry: join(root, "lambda", props.step, "handler.ts"),
      depsLockFilePath: join(root, "package-lock.json"),
      projectRoot: root,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.X86_64,
      memorySize: props.memoryMegabytes ?? 512,
      timeout: props.timeout ?? Duration.seconds(30),
      ephemeralStorageSize: Size.mebibytes(props.temporaryMegabytes ?? 512),
      environment: {
        NODE_OPTIONS: "--enable-source-maps",
        ...Object.fromEntries(settings.map(([name, value]) => [ENVIRONMENT[name], value])),
      },
      logGroup,
      // What Lambda itself says as well; our own lines are JSON already and stay as they are.
      loggingFormat: LoggingFormat.JSON,
      role,
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        mainFields: ["module", "main"],
        minify: true,
        sourceMap: true,
        sourcesContent: false,
        logLevel: LogLevel.WARNING,
        // The SDK that Lambda brings changes without us; ours is pinned.
        bundleAwsSDK: true,
        externalModules: props.unused ?? [],
        // A compiled addon lies beside the bundle, as it is.
        loader: { ".node": "copy" },
        esbuildArgs: Object.fromEntries(
          Object.entries(props.packages ?? {}).map(([name, folder]) => [`--alias:${name}`, folder]),
        ),
        ...(props.files !== undefined && { commandHooks: copying(`lambda/${props.step}/${props.files}`) }),
        // CommonJS packages among the SDK's call require() for Node's own modules.
        banner:
          'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
      },
    });
  }

  /**
   * Allows exactly these actions on exactly these resources.
   * A condition `ForAllValues:... dynamodb:LeadingKeys` limits writes to partitions: DynamoDB always sends the keys.
   */
  allow(actions: string[], resources: string[], conditions?: Record<string, unknown>): void {
    this.addToRolePolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions,
        resources,
        ...(conditions !== undefined && { conditions }),
      }),
    );
  }
}
