import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { reset, up } from "../../local/local-aws.ts";
import { startServer, stopServer } from "../../local/server.ts";
import { hostPlatform } from "../../tools/install.ts";
import { Repository } from "../../tools/repository.ts";
import { Injector } from "./injector.ts";
import type { Place } from "./world.ts";

const CMD = "tool";
const PLATFORMS = [hostPlatform(), "windows-amd64"];
const BASES = 2;

/**
 * A local AWS for the faults alone.
 * @param folder is emptied
 * @returns the place, and what removes all of it
 */
export async function ownPlace(
  folder: string,
  log: (line: string) => void,
): Promise<Place & { remove: () => Promise<void> }> {
  const aws = join(folder, "aws");
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const repository = Repository.from("test/fixtures/tool", join(folder, CMD));
  const command = {
    ...{ repository: repository.folder, branch: "main", mainPackage: ".", platforms: PLATFORMS },
    ...{ versionVariable: "main.version", directoryUrlVariable: "main.directoryURL" },
    artifactsUrlVariable: "main.artifactsURL",
  };
  const config = join(folder, "hkdist.config.mjs");
  const contents = { commands: { [CMD]: command }, patchBases: BASES };
  writeFileSync(config, `export default ${JSON.stringify(contents)};\n`);

  const injector = await Injector.start(join(folder, "faults"));
  const programs = injector.bin;
  const remove = async () => {
    injector.stop();
    await reset(aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const local = await up({ folder: aws, config, log, endWithProcess: true, programs });
    injector.forwardTo(local.endpointUrl);
    const port = Number(new URL(local.endpointUrl).port);
    const restart = async () => {
      await stopServer(aws, port);
      await startServer({
        folder: aws,
        port,
        region: local.region,
        auth: true,
        owner: process.pid,
        programs,
      });
    };
    return { local, injector, cmd: CMD, repository, platforms: PLATFORMS, bases: BASES, restart, remove };
  } catch (error) {
    await remove();
    throw error;
  }
}
