import { resolve } from "node:path";
import { App } from "aws-cdk-lib";
import { ConfigError, loadConfig } from "../lib/config/load-config.ts";
import { HkdistStack } from "../lib/hkdist-stack.ts";

const app = new App();
const stage = { endpointUrl: app.node.tryGetContext("endpointUrl") as string | undefined };
const configFile = (app.node.tryGetContext("config") as string | undefined) ?? "hkdist.config.ts";
try {
  new HkdistStack(app, "hkdist", { config: await loadConfig(resolve(configFile), stage), stage });
} catch (error) {
  if (!(error instanceof ConfigError)) throw error;
  console.error(error.message);
  process.exit(1);
}
