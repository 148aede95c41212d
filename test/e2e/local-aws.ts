import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Config } from "../../lib/config/schema.ts";
import { type LocalAws, reset, up } from "../../local/local-aws.ts";
import { localFolder } from "../../tools/checkout.ts";
import { Repository } from "../../tools/repository.ts";
import { AGE, COMMANDS, PLATFORMS, STORED, sourceOf } from "./commands.ts";

type CommandConfig = Config["commands"][string];

/** What the end-to-end tests share: one local AWS, and the folder that holds each command's repository. */
export interface Setting {
  local: LocalAws;
  repositories: string;
}

declare module "vitest" {
  interface ProvidedContext {
    setting: Setting;
  }
}

/** Deploys the app under a folder of this run's own, with IAM enforced, and forgets all of it in the end. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = join(localFolder, `test-${process.pid}`);
  const aws = join(folder, "aws");
  const forget = async () => {
    await reset(aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  };
  mkdirSync(folder, { recursive: true });
  try {
    const commands: [string, CommandConfig][] = COMMANDS.map((cmd) => {
      const { folder: repository } = Repository.from(sourceOf(cmd), join(folder, cmd));
      const command = { repository, branch: "main", mainPackage: ".", versionVariable: "main.version" };
      const urls = { directoryUrlVariable: "main.directoryURL", artifactsUrlVariable: "main.artifactsURL" };
      return [cmd, { ...command, ...urls, platforms: PLATFORMS }];
    });
    const repository = Repository.empty(join(folder, "age")).folder;
    commands.push(["age", { repository, branch: "main", ...AGE }]);
    for (const cmd of STORED) commands.push([cmd, { repository, branch: "main", ...AGE }]);
    const config = join(folder, "hkdist.config.mjs");
    writeFileSync(config, `export default ${JSON.stringify({ commands: Object.fromEntries(commands) })};\n`);
    project.provide("setting", {
      local: await up({ folder: aws, config, log: console.error, endWithProcess: true }),
      repositories: folder,
    });
  } catch (error) {
    await forget();
    throw error;
  }
  return forget;
}
