import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestProject } from "vitest/node";
import type { Config } from "../../lib/config/schema.ts";
import { clientEnvironment, type LocalAws, reset, up } from "../../local/local-aws.ts";
import { localFolder } from "../../tools/checkout.ts";
import { Repository } from "../../tools/repository.ts";
import { Injector } from "../faults/injector.ts";
import { GitHost } from "../git-host.ts";
import { SigningKeys } from "../signing-keys.ts";
import { AGE, CAN_SIGN, COMMANDS, HK, HK_TOKEN, PLATFORMS, STORED, sourceOf } from "./commands.ts";

type CommandConfig = Config["commands"][string];

/** What the end-to-end tests share: one local AWS, and the folder that holds each command's repository. */
export interface Setting {
  local: LocalAws;
  repositories: string;
  /** The private SSH key that signs hk's tags. */
  signingKey: string;
  /** The folder of the faults that can be put into functions and builds (test/faults). */
  faults: string;
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
  const host = new GitHost(folder, HK.credentials.username, HK_TOKEN);
  const keys = new SigningKeys();
  let injector: Injector | undefined;
  const forget = async () => {
    injector?.stop();
    host.stop();
    keys.remove();
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
    Repository.from("test/fixtures/hk", join(folder, "hk-private")).git(
      "switch",
      "--quiet",
      "--create",
      HK.branch,
    );
    const hk: CommandConfig = { ...HK, repository: `${await host.start()}/hk-private.git` };
    if (CAN_SIGN) {
      hk.signers = { ssh: join(folder, "allowed_signers") };
      writeFileSync(join(folder, "allowed_signers"), `release@example.com ${keys.addSsh("release")}\n`);
    }
    commands.push(["hk-private", hk]);
    const config = join(folder, "hkdist.config.mjs");
    writeFileSync(
      config,
      `export default ${JSON.stringify({ commands: Object.fromEntries(commands), githubActions: [{ repository: "example/greet", tag: "v*" }] })};\n`,
    );
    const faults = join(folder, "faults");
    injector = await Injector.start(faults);
    const own = { log: console.error, endWithProcess: true, programs: injector.bin };
    const local = await up({ folder: aws, config, ...own });
    injector.forwardTo(local.endpointUrl);
    const secret = ["--name", HK.credentials.secret, "--secret-string", HK_TOKEN];
    execFileSync("aws", ["secretsmanager", "create-secret", ...secret], { env: clientEnvironment(local) });
    const signingKey = keys.sshKey("release");
    project.provide("setting", { local, repositories: folder, signingKey, faults });
  } catch (error) {
    await forget();
    throw error;
  }
  return forget;
}
