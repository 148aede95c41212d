// Takes versions of the past over: see `usage`.
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { type ArtifactId, artifactObjectKey } from "../lambda/shared/keys.ts";
import { isCommand, isPlatform } from "../lambda/shared/names.ts";
import { isVersion } from "../lambda/shared/version.ts";
import { loadConfig } from "../lib/config/load-config.ts";
import { clientSettings, deployedLocally } from "../local/local-aws.ts";
import { defaultFolder } from "../local/paths.ts";
import { root } from "../tools/checkout.ts";
import { runTool } from "../tools/run-tool.ts";
import { UserError } from "../tools/user-error.ts";
import { importArtifact, type Target } from "./import-artifact.ts";
import { OldBucket } from "./old-bucket.ts";

const usage = `npm run import -- <cmd> <version> <platform> <file.gz> [--bucket <ArtifactsBucket>] [--config <file>]
npm run import -- --from <url> [--cmd <cmd>] [--bucket <ArtifactsBucket>] [--config <file>]
  stores binaries of the past, byte for byte, so that they are recorded and later releases make patches from them:
  one file, or every <cmd>/<version>/<platform>.gz of an old public bucket such as https://hkdist.s3.amazonaws.com/
  --cmd     only this command's
  --bucket  the deployment's ArtifactsBucket, with the credentials and the region that the AWS CLI would use;
            without it the local AWS
  --config  the deployment's configuration, for its largestBinaryBytes; without it hkdist.config.ts
  --any-platform  also for platforms that neither today's Go nor the original hkdist built
May be repeated: what is there already is found there. Nothing is ever replaced, and nothing becomes current.
Ends with 0 when all is there, 1 when something could not be imported, 2 when it was not understood.`;

await runTool(usage, parse, main);

async function main(request: Request): Promise<number> {
  const { largestBinaryBytes } = await loadConfig(userPath(request.config), {
    endpointUrl: request.bucket === undefined ? "http://127.0.0.1" : undefined,
  });
  const target = {
    ...targetOf(request.bucket),
    largestBinary: largestBinaryBytes,
    anyPlatform: request.anyPlatform,
  };
  if ("file" in request) {
    await importOne(target, request.id, read(request.file));
    return 0;
  }
  return (await importAll(target, new OldBucket(request.from), request.cmd)) ? 0 : 1;
}

type Request = { bucket: string | undefined; config: string; anyPlatform: boolean } & (
  | { id: ArtifactId; file: string }
  | { from: string; cmd: string | undefined }
);

/** Undefined when the arguments are not understood. */
function parse(): Request | undefined {
  try {
    const text = { type: "string" } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{ from: text, cmd: text, bucket: text, config: text },
        "any-platform": { type: "boolean", default: false },
      },
    });
    const { from, cmd: only, bucket } = values;
    const common = {
      bucket,
      config: values.config ?? join(root, "hkdist.config.ts"),
      anyPlatform: values["any-platform"],
    };
    if (from !== undefined) {
      const isRight = positionals.length === 0 && /^https?:\/\//.test(from) && (!only || isCommand(only));
      return isRight ? { from, cmd: only, ...common } : undefined;
    }
    const [cmd = "", version = "", platform = "", file, ...rest] = positionals;
    const isRight =
      isCommand(cmd) && isVersion(version) && isPlatform(platform) && rest.length === 0 && !only;
    return isRight && file ? { id: { cmd, version, platform }, file, ...common } : undefined;
  } catch {
    return undefined;
  }
}

function targetOf(bucket: string | undefined): Pick<Target, "s3" | "bucket"> {
  if (bucket !== undefined) return { s3: new S3Client(), bucket };
  const local = deployedLocally(defaultFolder);
  if (local === undefined) {
    throw new UserError("There is no local AWS here: name the deployment's ArtifactsBucket with --bucket.");
  }
  return {
    s3: new S3Client({ ...clientSettings(local), forcePathStyle: true }),
    bucket: local.artifactsBucket,
  };
}

/** npm starts scripts in the checkout and tells where it was called. */
function userPath(file: string): string {
  return resolve(process.env["INIT_CWD"] ?? "", file);
}

function read(file: string): Uint8Array {
  const path = userPath(file);
  try {
    return readFileSync(path);
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

async function importOne(target: Target, id: ArtifactId, gzip: Uint8Array): Promise<void> {
  const { outcome, size, sha256 } = await importArtifact(target, id, gzip);
  const there = outcome === "present" ? "was there already" : "stored";
  console.log(`${artifactObjectKey(id)} ${there}: ${size.toLocaleString("en")} bytes, SHA-256 ${sha256}`);
}

/** Goes on after one that cannot be imported. @returns whether all could be */
async function importAll(target: Target, old: OldBucket, cmd: string | undefined): Promise<boolean> {
  const counts = { imported: 0, skipped: 0, failed: 0 };
  for await (const listed of old.list(cmd)) {
    if ("skipped" in listed) {
      console.log(`${listed.key} skipped: ${listed.skipped}`);
      counts.skipped++;
      continue;
    }
    try {
      await importOne(target, listed.id, await old.read(listed.key));
      counts.imported++;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      console.error(error.message);
      counts.failed++;
    }
  }
  console.log(`${counts.imported} imported, ${counts.skipped} skipped, ${counts.failed} failed`);
  return counts.failed === 0;
}
