import { join } from "node:path";
import { localFolder } from "../tools/checkout.ts";

export const defaultFolder = join(localFolder, "aws");
export const venvFolder = join(localFolder, "venv");
export const venvBin = join(venvFolder, "bin");

/** What is where in a state folder. */
export function stateFiles(folder: string) {
  return {
    port: join(folder, "port"),
    lock: join(folder, "lock"),
    server: join(folder, "server.json"),
    serverLog: join(folder, "server.log"),
    synthLog: join(folder, "synth.log"),
    deployLog: join(folder, "deploy.log"),
    outputs: join(folder, "outputs.json"),
    /** Inside the data, so that the two cannot disagree. */
    deployed: join(folder, "data", "deployed.json"),
    assembly: join(folder, "cdk.out"),
    home: join(folder, "home"),
    temporary: join(folder, "tmp"),
    /** The server's data as of its last clean stop, and S3's objects as of now. */
    data: join(folder, "data"),
    /** The same from before a deploy, while that is under way. */
    before: join(folder, "data.before"),
  };
}
