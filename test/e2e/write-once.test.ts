import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { DeleteCommand, DynamoDBDocumentClient, PutCommand } from "@aws-sdk/lib-dynamodb";
import { beforeAll, describe, expect, it } from "vitest";
import { sessionOf } from "./as-role.ts";
import { local, options, s3, table } from "./setting.ts";

const CMD = "greet-audited";
const Bucket = local.artifactsBucket;
/** Refused by the recorder, so it is no artifact: but it is there, and it is this command's. */
const OWN = `${CMD}/19990101/linux-amd64.gz`;
const PATCH = `${CMD}/19990101/19990102/linux-amd64`;
const BOM = `${CMD}/19990101/linux-amd64.cdx.json`;
const STATEMENT = `${CMD}/19990101/provenance.json`;

let versionId: string | undefined;
beforeAll(async () => {
  const put = { Bucket, Key: OWN, Body: "no gzip", IfNoneMatch: "*" };
  versionId = (await s3.send(new PutObjectCommand(put))).VersionId;
});

/** What one does with objects and rows: what AWS answers to it, if not the thing itself. */
const ATTEMPTS = {
  put: (Key: string) => new PutObjectCommand({ Bucket, Key, Body: "x", IfNoneMatch: "*" }),
  delete: (Key: string) => new DeleteObjectCommand({ Bucket, Key }),
  "delete version": (Key: string) => new DeleteObjectCommand({ Bucket, Key, VersionId: versionId }),
  "delete many": (Key: string) =>
    new DeleteObjectsCommand({ Bucket, Delete: { Objects: [{ Key }], Quiet: false } }),
  get: (Key: string) => new GetObjectCommand({ Bucket, Key }),
  "put row": (pk: string) => new PutCommand({ TableName: table.name, Item: { pk, sk: "x" } }),
  "delete row": (pk: string) => new DeleteCommand({ TableName: table.name, Key: { pk, sk: "x" } }),
};

type Attempt = [what: keyof typeof ATTEMPTS, on: string, answer?: string];

/** Nobody may do these, whatever else it may. */
const NEVER: Attempt[] = [
  ["delete", OWN],
  ["delete version", OWN],
  ["delete many", OWN],
  ["put", "index.html"],
  ["delete row", "artifact"],
];

/**
 * Those without any right to put rows. Those who may put some are held to partitions by a condition that the local AWS does
 * not look at: test/lib/roles.test.ts does.
 */
const NO_ROWS: Attempt[] = [
  "artifact",
  "refused",
  "current",
  `history#${CMD}`,
  `patch#${CMD}`,
  "source#greet",
].map((pk): Attempt => ["put row", pk]);

const ROLES: Record<string, Attempt[]> = {
  BuildgreetauditedProjectRole: [
    ...NO_ROWS,
    // The name is taken: the condition that every put must have.
    ["put", OWN, "PreconditionFailed"],
    ["put", "greet/19990101/linux-amd64.gz"],
    ["put", "greet-audited-2/19990101/linux-amd64.gz"],
    ["put", PATCH],
    ["put", BOM],
    ["put", STATEMENT],
    ["get", OWN],
  ],
  SourcegreetauditedProjectRole: [...NO_ROWS, ["put", OWN], ["put", PATCH], ["get", OWN]],
  RecordFunctionRole: [
    ["put", OWN],
    ["put", PATCH],
    ["put", BOM],
  ],
  PatchFunctionRole: [
    ["put", OWN],
    ["put", STATEMENT],
  ],
  DescribeFunctionRole: [...NO_ROWS, ["put", OWN], ["put", PATCH], ["get", OWN]],
  AuditFunctionRole: [...NO_ROWS, ["put", OWN], ["put", PATCH], ["put", BOM]],
};

describe.each(Object.entries(ROLES))("%s", (role, attempts) => {
  let objects: S3Client;
  let rows: DynamoDBDocumentClient;
  beforeAll(async () => {
    const credentials = await sessionOf(role);
    objects = new S3Client({ ...options, credentials });
    rows = DynamoDBDocumentClient.from(new DynamoDBClient({ ...options, credentials }));
  });

  it.each([...attempts, ...NEVER])("may not %s %s", async (what, on, answer = "AccessDenied") => {
    const command = ATTEMPTS[what](on);
    const sent = what.endsWith("row")
      ? rows.send(command as PutCommand)
      : objects.send(command as PutObjectCommand);
    // Many at once are answered one by one.
    const said = await sent.then(
      (done) => (done as { Errors?: { Code?: string }[] }).Errors?.[0]?.Code ?? "(done)",
      (error: Error) => error.name.replace(/Exception$/, ""),
    );
    expect(said).toBe(answer);
  });
});

it("and all of that has changed nothing", async () => {
  const object = await s3.send(new GetObjectCommand({ Bucket, Key: OWN }));
  expect([object.VersionId, await object.Body?.transformToString()]).toEqual([versionId, "no gzip"]);
});
