import { Annotations, Arn, ArnFormat, Stack } from "aws-cdk-lib";
import { Construct } from "constructs";
import { SOURCES_PREFIX } from "../lambda/shared/keys.ts";
import { BuildProject } from "./build-project.ts";
import type { CommandConfig } from "./config/schema.ts";
import type { Storage } from "./storage.ts";

export interface SourceProps {
  cmd: string;
  command: CommandConfig;
  storage: Storage;
  timeoutMinutes: number;
}

/** A command's source build: the only step that touches the repository. It turns a tag into one archive. */
export class Source extends Construct {
  readonly project: BuildProject;

  constructor(scope: Construct, id: string, { cmd, command, storage, timeoutMinutes }: SourceProps) {
    super(scope, id);
    const { signers, credentials } = command;
    this.project = new BuildProject(this, "Project", {
      step: "source",
      cmd,
      description: `Fetches and checks the tagged source of ${cmd}`,
      timeoutMinutes,
      environment: {
        HKDIST_COMMAND: cmd,
        HKDIST_REPOSITORY: command.repository,
        HKDIST_BRANCH: command.branch,
        HKDIST_MAIN_PACKAGE: command.mainPackage,
        HKDIST_PLATFORMS: command.platforms.join(" "),
        HKDIST_IMPORT_PATH: command.importPath ?? "",
        // What does not load yet may be what the hook writes.
        HKDIST_HAS_HOOK: command.hook ? "true" : "",
        HKDIST_BUILD_TAGS: command.buildTags?.join(",") ?? "",
        HKDIST_GO_VERSION: command.goVersion ?? "",
        HKDIST_SOURCES_BUCKET: storage.sources.bucketName,
        HKDIST_TAG: "",
        HKDIST_CREDENTIALS: credentials?.secret ?? "",
        HKDIST_USERNAME: credentials?.username ?? "",
        HKDIST_HOST_KEYS: credentials?.hostKeys?.join(",") ?? "",
        HKDIST_PRIVATE_MODULES: command.privateModules?.join(",") ?? "",
      },
      files: {
        HKDIST_SIGNERS_GPG: signers?.gpg,
        HKDIST_SIGNERS_SSH: signers?.ssh,
        HKDIST_SIGNERS_REVOKED: signers?.sshRevoked,
      },
    });
    if (signers === undefined) {
      Annotations.of(this).addWarningV2(
        "hkdist:unverified-tags",
        `${cmd}: tags are not verified, so whoever can push a tag can release; configure signers (docs/source.md)`,
      );
    }
    const archives = storage.sources.arnForObjects(`${SOURCES_PREFIX.archives}/${cmd}/*`);
    this.project.allow(["s3:PutObject"], [archives]);
    if (credentials !== undefined)
      this.project.allow(["secretsmanager:GetSecretValue"], [this.secretArn(credentials.secret)]);
  }

  /** AWS ends each secret's ARN with six characters of its own. */
  private secretArn(secret: string): string {
    if (secret.startsWith("arn:")) return secret;
    const resourceName = `${secret}-??????`;
    const parts = {
      service: "secretsmanager",
      resource: "secret",
      resourceName,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    };
    return Arn.format(parts, Stack.of(this));
  }
}
