import { dirname, join } from "node:path";

/** The checkout. Everything that is made or fetched while working here is below `<root>/.local`, which git ignores. */
export const root = dirname(import.meta.dirname);
export const localFolder = join(root, ".local");
export const cacheFolder = join(localFolder, "cache");

/** The Node that runs this, which bin/run.mjs chose: Lambda's major. Functions and the CDK CLI run on it too. */
export const nodeBin = dirname(process.execPath);
