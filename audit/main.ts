// Looks whether what must always hold does: see `usage`.
import { parseArgs } from "node:util";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { countOf, lineAbout } from "../lambda/audit/breach.ts";
import type { Store } from "../lambda/audit/shallow-audit.ts";
import { isCommand } from "../lambda/shared/names.ts";
import { openTable } from "../lambda/shared/table.ts";
import { clientSettings, deployedLocally } from "../local/local-aws.ts";
import { defaultFolder } from "../local/paths.ts";
import { runTool } from "../tools/run-tool.ts";
import { UserError } from "../tools/user-error.ts";
import { audit } from "./audit.ts";

const usage = `npm run audit -- [--deep] [--cmd <cmd>] [--settle <seconds>] [--bucket <ArtifactsBucket> --table <Table>]
  holds every row of the table against its object and against the rows that it names, and every object against the rows
  --deep    also downloads everything: hashes every binary, and applies every patch to its base
  --cmd     only this command
  --settle  what is younger is not judged, as it may be on its way; 3600 without it
  --bucket, --table  the deployment's outputs, with the credentials and the region that the AWS CLI would use;
            without them the local AWS
Changes nothing. docs/runbook.md has a section for each kind of breach.
Ends with 0 when all holds, 1 when something does not or could not be looked at, 2 when it was not understood.`;

await runTool(usage, parse, main);

async function main(request: NonNullable<ReturnType<typeof parse>>): Promise<number> {
  const { deep, cmd, settleSeconds } = request;
  const { breaches, counts } = await audit(storeOf(request), { deep, cmd, settleSeconds });
  for (const breach of breaches) console.log(lineAbout(breach));
  const looked = Object.entries(counts).map(([what, count]) => `${count.toLocaleString("en")} ${what}`);
  console.log(`${looked.join(", ")}: ${countOf(breaches)}`);
  return breaches.length === 0 ? 0 : 1;
}

/** Undefined when the arguments are not understood. */
function parse() {
  try {
    const text = { type: "string" } as const;
    const { values } = parseArgs({
      options: {
        deep: { type: "boolean", default: false },
        ...{ cmd: text, settle: text, bucket: text, table: text },
      },
    });
    const { deep, cmd, settle = "3600", bucket, table } = values;
    const isRight =
      (cmd === undefined || isCommand(cmd)) &&
      /^\d{1,9}$/.test(settle) &&
      (bucket === undefined) === (table === undefined);
    return isRight ? { deep, cmd, settleSeconds: Number(settle), bucket, table } : undefined;
  } catch {
    return undefined;
  }
}

function storeOf({ bucket, table }: { bucket: string | undefined; table: string | undefined }): Store {
  if (bucket !== undefined && table !== undefined)
    return { s3: new S3Client(), bucket, table: openTable(table) };
  const local = deployedLocally(defaultFolder);
  if (local === undefined) {
    throw new UserError("There is no local AWS here: name the deployment with --bucket and --table.");
  }
  const settings = clientSettings(local);
  return {
    s3: new S3Client({ ...settings, forcePathStyle: true }),
    bucket: local.artifactsBucket,
    table: { name: local.table, documents: DynamoDBDocumentClient.from(new DynamoDBClient(settings)) },
  };
}
