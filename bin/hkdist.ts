import { resolve } from "node:path";
import { App } from "aws-cdk-lib";
import { ConfigError, loadConfig } from "../lib/config/load-config.ts";
import { HkdistStack } from "../lib/hkdist-stack.ts";
import { ensureNativeAddon, HOST, LAMBDA } from "../tools/native-addon.ts";
import { UserError } from "../tools/user-error.ts";

const app = new App();
const stage = { endpointUrl: app.node.tryGetContext("endpointUrl") as string | undefined };
const configFile = (app.node.tryGetContext("config") as string | undefined) ?? "hkdist.config.ts";
try {
  const config = await loadConfig(resolve(configFile), stage);
  const bsdiffFolder = await ensureNativeAddon(
    stage.endpointUrl === undefined ? LAMBDA : HOST,
    console.error,
  );
  new HkdistStack(app, "hkdist", { config, stage, bsdiffFolder });
} catch (error) {
  if (!(error instanceof ConfigError || error instanceof UserError)) throw error;
  console.error(error.message);
  process.exit(1);
}
