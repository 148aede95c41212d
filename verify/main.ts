// Builds a published release again and compares: see `usage`.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { isCommand, isPlatform } from "../lambda/shared/names.ts";
import { isVersion } from "../lambda/shared/version.ts";
import { clientSettings, deployedLocally } from "../local/local-aws.ts";
import { defaultFolder } from "../local/paths.ts";
import { endCommands } from "../tools/run.ts";
import { runTool } from "../tools/run-tool.ts";
import { UserError } from "../tools/user-error.ts";
import { verifyRelease } from "./verify-release.ts";

const usage = `npm run verify-release -- <cmd> <version> [--directory <url> --artifacts <url>] [--platform <platform>]...
                              [--repository <url>] [--ignore-tag] [--bucket <SourcesBucket> [--archive]]
                              [--run-hook | --hook <file>]
  builds a published version again, with what its builds ran and the Go that they had, and tells for each platform
  whether that is what the directory tells and what clients download: "same", or "DIFFERENT" with the hashes
  --directory, --artifacts  DirectoryUrl and ArtifactsUrl of the deployment; without them the local AWS
  --platform                only this one
  --repository              instead of the repository that the release's provenance.json names
  --ignore-tag              also when the repository's tag has gone or names another commit
  --bucket                  for the very archive when the commit cannot be had: takes credentials, and is kept for 90 days
  --archive                 the archive only: the commit is not looked at
  --run-hook                runs the deployment's hook here, if the release has one: it is shown before
  --hook                    runs it if this file is the same
Ends with 0 when all is the same, 1 when something is not or could not be found out, 2 when it was not understood.`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    endCommands();
    process.exit(130);
  });
}

await runTool(usage, parse, main);

async function main(request: NonNullable<ReturnType<typeof parse>>): Promise<number> {
  const { values, cmd, version } = request;
  const { deployment, s3 } = whereTo(values);
  const same = await verifyRelease({
    ...{ cmd, version, deployment, s3 },
    platforms: values.platform ?? [],
    ...{ bucket: values.bucket, onlyArchive: values.archive ?? false, repository: values.repository },
    ignoreTag: values["ignore-tag"] ?? false,
    runHook: values["run-hook"] ?? false,
    hook: values.hook === undefined ? undefined : read(values.hook),
    say: (line) => console.log(line),
    log: (line) => console.error(line),
  });
  return same ? 0 : 1;
}

/** Undefined when the arguments are not understood. */
function parse() {
  try {
    const text = { type: "string" } as const;
    const flag = { type: "boolean" } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{ directory: text, artifacts: text, repository: text, bucket: text, hook: text },
        ...{ archive: flag, "ignore-tag": flag, "run-hook": flag },
        platform: { type: "string", multiple: true },
      },
    });
    const [cmd = "", version = "", ...rest] = positionals;
    const isRight =
      rest.length === 0 &&
      isCommand(cmd) &&
      isVersion(version) &&
      (values.platform ?? []).every(isPlatform) &&
      (!values.archive || values.bucket !== undefined) &&
      (values.directory === undefined) === (values.artifacts === undefined);
    return isRight ? { values, cmd, version } : undefined;
  } catch {
    return undefined;
  }
}

function read(file: string): string {
  // npm starts scripts in the checkout and tells where it was called.
  const path = resolve(process.env["INIT_CWD"] ?? "", file);
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw new UserError(`${path} cannot be read: ${(error as Error).message}`);
  }
}

function whereTo({ directory, artifacts }: { directory?: string; artifacts?: string }) {
  if (directory !== undefined && artifacts !== undefined) {
    const slashed = (url: string) => (url.endsWith("/") ? url : `${url}/`);
    return {
      deployment: { directoryUrl: slashed(directory), artifactsUrl: slashed(artifacts) },
      s3: new S3Client({ region: process.env["AWS_REGION"] ?? "us-east-1", followRegionRedirects: true }),
    };
  }
  const local = deployedLocally(defaultFolder);
  if (local === undefined) {
    throw new UserError("There is no local AWS here: name the deployment with --directory and --artifacts.");
  }
  return { deployment: local, s3: new S3Client({ ...clientSettings(local), forcePathStyle: true }) };
}
