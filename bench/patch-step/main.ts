// npm run bench:patch-step: what the patch function does around bsdiff, and how long that takes. See USAGE.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { DeleteObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { DeleteCommand } from "@aws-sdk/lib-dynamodb";
import { functionFor } from "../../lambda/patch/limits.ts";
import { Stopwatch } from "../../lambda/patch/stopwatch.ts";
import { patchItemKey, patchObjectKey } from "../../lambda/shared/keys.ts";
import { openTable } from "../../lambda/shared/table.ts";
import { LARGEST_BINARY_BYTES } from "../../lib/config/schema.ts";
import { awsSettings } from "../../local/environment.ts";
import { clientSettings, reset, up } from "../../local/local-aws.ts";
import { localFolder } from "../../tools/checkout.ts";
import { exitWhenInterrupted } from "../../tools/exit-when-interrupted.ts";
import { ensureNativeAddon, HOST } from "../../tools/native-addon.ts";
import { runTool } from "../../tools/run-tool.ts";
import { machine } from "../shared/figures.ts";
import { platformList, wholeNumber } from "../shared/options.ts";
import { AGE, YQ } from "../shared/products.ts";
import { report, type Step } from "./report.ts";
import { type StoredPair, storePair } from "./stored-pair.ts";

const USAGE = `npm run --silent bench:patch-step -- [--platform linux-amd64] [--runs 5] [--json]

Makes patches of age and yq by the patch function's own code, with rows and objects on the local AWS, and by bsdiff alone on the same
files, in turn in one warm process. Takes some minutes; nothing else should run.`;

interface Request {
  platform: string;
  runs: number;
  json: boolean;
}

await runTool(USAGE, parse, main);

function parse(): Request | undefined {
  try {
    const { values } = parseArgs({
      options: {
        platform: { type: "string", default: "linux-amd64" },
        runs: { type: "string", default: "5" },
        json: { type: "boolean", default: false },
      },
    });
    const [[platform, more] = [], runs] = [platformList(values.platform), wholeNumber(values.runs)];
    return platform && more === undefined && runs ? { platform, runs, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

async function main({ platform, runs, json }: Request): Promise<number> {
  const log = (line: string) => console.error(line);
  // What the function logs is no part of what this finds.
  const write = process.stdout.write;
  process.stdout.write = () => true;
  const folder = join(localFolder, "bench-patch-step");
  const aws = join(folder, "aws");
  exitWhenInterrupted();
  await ensureNativeAddon(HOST, log);
  await reset(aws, () => {});
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  try {
    const config = join(folder, "hkdist.config.mjs");
    const command = {
      ...AGE.command,
      repository: AGE.repository(join(folder, "repository")).folder,
      branch: "main",
    };
    const commands = { age: { ...command, platforms: [platform] } };
    writeFileSync(config, `export default ${JSON.stringify({ commands })};\n`);
    const local = await up({ folder: aws, config, log, endWithProcess: true });
    Object.assign(process.env, awsSettings(local), {
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(functionFor(LARGEST_BINARY_BYTES).megabytes),
    });
    const s3 = new S3Client({ ...clientSettings(local), forcePathStyle: true });
    const at = { s3, bucket: local.artifactsBucket, table: openTable(local.table) };

    const steps: Step[] = [];
    for (const product of [AGE, YQ]) {
      log(`Building ${product.name}.`);
      const pair = await storePair({ product, platform, ...at, folder });
      // The first one is not counted: a warm function has its connections.
      for (let run = 0; run <= runs; run++) {
        const step = await oneStep(pair, at, run % 2 === 0);
        if (run > 0)
          steps.push({ ...step, pair: `${product.name} ${product.versions.slice(-2).join(" -> ")}` });
      }
    }
    const found = { machine: machine(), platform, runs, steps };
    process.stdout.write = write;
    console.log(json ? JSON.stringify(found, null, 2) : report(found));
    return 0;
  } finally {
    await reset(aws, () => {});
    rmSync(folder, { recursive: true, force: true });
  }
}

/** By the function's code and by bsdiff alone. @param aloneFirst whether the latter is done first: every second time, for the second one finds things warm */
async function oneStep(
  { cmd, base, target, folder }: StoredPair,
  at: { s3: S3Client; bucket: string; table: ReturnType<typeof openTable> },
  aloneFirst: boolean,
): Promise<Omit<Step, "pair">> {
  const { makePatch } = await import("../../lambda/patch/make-patch.ts");
  const { diff } = await import("../../lambda/patch/engine.ts");
  const { downloadBinary } = await import("../../lambda/patch/stored-files.ts");
  const timed = async (work: () => Promise<unknown>) => {
    const started = performance.now();
    await work();
    return performance.now() - started;
  };
  const { s3, bucket, table } = at;
  const stopwatch = new Stopwatch();
  const patcher = { ...at, deadline: Date.now() + 900_000, stopwatch };
  const pair = { platform: target.platform, from: base.version };
  const alone = () => timed(() => diff(folder));
  const before = aloneFirst ? await alone() : undefined;
  const cpu = process.cpuUsage();
  let outcome = "";
  const whole = await timed(async () => {
    ({ outcome } = await makePatch(patcher, { cmd, version: target.version, pair }));
  });
  if (outcome !== "made") throw new Error(`the patch of ${cmd} is ${outcome}`);
  const { user, system } = process.cpuUsage(cpu);
  const bare = before ?? (await alone());
  const targetAlone = await timed(() => downloadBinary(s3, bucket, target, join(folder, "again")));

  const id = { cmd, platform: target.platform, from: base.version, to: target.version };
  const newest = await import("../../lambda/shared/objects.ts");
  const VersionId = await newest.newestVersionId(s3, bucket, patchObjectKey(id));
  await s3.send(new DeleteObjectCommand({ Bucket: bucket, Key: patchObjectKey(id), VersionId }));
  await table.documents.send(new DeleteCommand({ TableName: table.name, Key: patchItemKey(id) }));
  return { whole, bare, targetAlone, processor: (user + system) / 1000, parts: stopwatch.milliseconds };
}
