// Builds a published release again and compares: see `usage`.
import { parseArgs } from "node:util";
import { S3Client } from "@aws-sdk/client-s3";
import { isCommand, isPlatform } from "../lambda/shared/names.ts";
import { isVersion } from "../lambda/shared/version.ts";
import { clientSettings, deployedLocally } from "../local/local-aws.ts";
import { defaultFolder } from "../local/paths.ts";
import { endCommands } from "../tools/run.ts";
import { UserError } from "../tools/user-error.ts";
import { verifyRelease } from "./verify-release.ts";

const usage = `npm run verify-release -- <cmd> <version> [--directory <url> --artifacts <url>] [--platform <platform>]...
                              [--from archive|repository] [--repository <url>]
  builds a published version again, with what its builds ran and the Go that they had, and tells for each platform
  whether that is what the directory tells and what clients download: "same", or "DIFFERENT" with the hashes
  --directory, --artifacts  DirectoryUrl and ArtifactsUrl of the deployment; without them the local AWS
  --platform                only this one
  --from                    archive: the very archive, which takes credentials and is kept for 90 days;
                            repository: the commit; without it the archive if it can be had
  --repository              instead of the repository that the release's provenance.json names
Ends with 0 when all is the same, 1 when something is not or could not be found out, 2 when it was not understood.`;

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    endCommands();
    process.exit(130);
  });
}

try {
  process.exitCode = await main();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

async function main(): Promise<number> {
  const request = parse();
  if (request === undefined) {
    console.error(usage);
    return 2;
  }
  const { values, cmd, version } = request;
  const { deployment, s3 } = whereTo(values);
  const same = await verifyRelease({
    ...{ cmd, version, deployment, s3 },
    platforms: values.platform ?? [],
    from: values.from as "archive" | "repository" | undefined,
    repository: values.repository,
    say: (line) => console.log(line),
    log: (line) => console.error(line),
  });
  return same ? 0 : 1;
}

/** Undefined when the arguments are not understood. */
function parse() {
  try {
    const text = { type: "string" } as const;
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        ...{ directory: text, artifacts: text, from: text, repository: text },
        platform: { type: "string", multiple: true },
      },
    });
    const [cmd = "", version = "", ...rest] = positionals;
    const isRight =
      rest.length === 0 &&
      isCommand(cmd) &&
      isVersion(version) &&
      (values.platform ?? []).every(isPlatform) &&
      [undefined, "archive", "repository"].includes(values.from) &&
      (values.directory === undefined) === (values.artifacts === undefined);
    return isRight ? { values, cmd, version } : undefined;
  } catch {
    return undefined;
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
