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
    this.project = new BuildProject(this, "Project", {
      description: `Fetches and checks the tagged source of ${cmd}`,
      buildspec: "source.yml",
      timeoutMinutes,
      environment: {
        HKDIST_COMMAND: cmd,
        HKDIST_REPOSITORY: command.repository,
        HKDIST_BRANCH: command.branch,
        HKDIST_MAIN_PACKAGE: command.mainPackage,
        HKDIST_PLATFORMS: command.platforms.join(" "),
        HKDIST_GO_VERSION: command.goVersion ?? "",
        HKDIST_SOURCES_BUCKET: storage.sources.bucketName,
        HKDIST_TAG: "",
      },
    });
    const archives = storage.sources.arnForObjects(`${SOURCES_PREFIX.archives}/${cmd}/*`);
    this.project.allow(["s3:PutObject"], [archives]);
  }
}
