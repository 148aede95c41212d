import { Construct } from "constructs";
import { SOURCES_PREFIX } from "../lambda/shared/keys.ts";
import { BuildProject } from "./build-project.ts";
import type { CommandConfig } from "./config/schema.ts";
import type { Storage } from "./storage.ts";

export interface BuildProps {
  cmd: string;
  command: CommandConfig;
  storage: Storage;
  timeoutMinutes: number;
  directoryUrl: string;
  artifactsUrl: string;
}

/**
 * A command's build: cross-compiles what its plan says from the archive, without the network.
 * Code of the repository and of its dependencies may run here, so its role reaches nothing of other commands.
 */
export class Build extends Construct {
  readonly project: BuildProject;

  constructor(scope: Construct, id: string, props: BuildProps) {
    super(scope, id);
    const { cmd, command, storage } = props;
    this.project = new BuildProject(this, "Project", {
      step: "build",
      cmd,
      description: `Cross-compiles ${cmd}`,
      timeoutMinutes: props.timeoutMinutes,
      environment: {
        HKDIST_COMMAND: cmd,
        HKDIST_MAIN_PACKAGE: command.mainPackage,
        HKDIST_IMPORT_PATH: command.importPath ?? "",
        HKDIST_BUILD_TAGS: command.buildTags?.join(",") ?? "",
        HKDIST_LDFLAGS: command.ldflags ?? "",
        HKDIST_VERSION_VARIABLE: command.versionVariable ?? "",
        HKDIST_COMMIT_VARIABLE: command.commitVariable ?? "",
        HKDIST_DATE_VARIABLE: command.dateVariable ?? "",
        HKDIST_DIRECTORY_URL_VARIABLE: command.directoryUrlVariable ?? "",
        HKDIST_DIRECTORY_URL: props.directoryUrl,
        HKDIST_ARTIFACTS_URL_VARIABLE: command.artifactsUrlVariable ?? "",
        HKDIST_ARTIFACTS_URL: props.artifactsUrl,
        HKDIST_SOURCES_BUCKET: storage.sources.bucketName,
        HKDIST_ARTIFACTS_BUCKET: storage.artifacts.bucketName,
        HKDIST_PLAN_KEY: "",
      },
      files: { HKDIST_HOOK: command.hook },
    });
    const inSources = (prefix: string) => storage.sources.arnForObjects(`${prefix}/${cmd}/*`);
    this.project.allow(
      ["s3:GetObject"],
      [inSources(SOURCES_PREFIX.archives), inSources(SOURCES_PREFIX.plans)],
    );
    this.project.allow(["s3:PutObject"], [inSources(SOURCES_PREFIX.reports)]);
    // Full binaries of its platforms only: patches and documents are made by functions.
    this.project.allow(
      ["s3:PutObject"],
      command.platforms.map((platform) => storage.artifacts.arnForObjects(`${cmd}/*/${platform}.gz`)),
    );
  }
}
