import { beforeAll, describe, expect, it } from "vitest";
import { onAws } from "./stages.ts";
import type { Template } from "./template.ts";

let aws: Template;
let roles: string[];
beforeAll(() => {
  aws = onAws();
  roles = aws.ofType("AWS::IAM::Role").map(([name]) => name);
});

const ARTIFACTS = "StorageArtifacts.Arn";
const TABLE = "StorageTable.Arn";
/** The only one that may delete: it withdraws versions. */
const WITHDRAWS = "WithdrawFunctionRole";

describe("who may put what into the artifacts bucket", () => {
  it.each([
    ["greet/1/linux-amd64.gz", ["BuildgreetProjectRole"]],
    ["greet-canary/1/linux-arm64.gz", ["BuildgreetcanaryProjectRole"]],
    ["greet/1/2/linux-amd64", ["PatchFunctionRole"]],
    ["greet/1/linux-amd64.cdx.json", ["DescribeFunctionRole"]],
    ["greet/1/provenance.json", ["DescribeFunctionRole"]],
    ["greet/1/linux-amd64.provenance.json", ["DescribeFunctionRole"]],
    ["greet/readme.txt", []],
    ["index.html", []],
    ["unknown/1/linux-amd64.gz", []],
  ])("%s: %j", (key, allowed) => {
    expect(roles.filter((role) => aws.allows(role, "s3:PutObject", `${ARTIFACTS}/${key}`))).toEqual(allowed);
  });
});

describe("nobody may", () => {
  it.each([
    ...["s3:DeleteObject", "s3:DeleteObjectVersion"].map((action) => [
      action,
      `${ARTIFACTS}/greet/1/linux-amd64.gz`,
    ]),
    ...["s3:DeleteObject", "s3:DeleteObjectVersion"].map((action) => [
      action,
      `${ARTIFACTS}/greet/1/2/linux-amd64`,
    ]),
    ...["s3:DeleteObject", "s3:DeleteObjectVersion"].map((action) => [
      action,
      `${ARTIFACTS}/greet/1/provenance.json`,
    ]),
    ["s3:PutBucketPolicy", ARTIFACTS],
    ["s3:DeleteBucketPolicy", ARTIFACTS],
    ["s3:PutBucketVersioning", ARTIFACTS],
    ["s3:PutLifecycleConfiguration", ARTIFACTS],
    ["s3:PutBucketNotification", ARTIFACTS],
    ["dynamodb:DeleteItem", TABLE],
    ["dynamodb:UpdateItem", TABLE],
    ["dynamodb:BatchWriteItem", TABLE],
    ["dynamodb:PartiQLUpdate", TABLE],
  ])("%s on %s, but for withdrawing", (action = "", resource = "") => {
    const able = roles.filter((role) => aws.allows(role, action, resource));
    expect(able.filter((role) => !(action.startsWith("s3:DeleteObject") && role === WITHDRAWS))).toEqual([]);
  });

  it("put rows into partitions that it is not given", () => {
    const puts = roles.flatMap((role) =>
      aws
        .statementsOf(role)
        .filter(({ Action }) => [Action].flat().includes("dynamodb:PutItem"))
        .map(({ Condition }) => [role, Object.keys(Object.values(Condition ?? {})[0] ?? {})]),
    );
    expect(puts.length).toBeGreaterThan(0);
    expect(puts).toEqual(puts.map(([role]) => [role, ["dynamodb:LeadingKeys"]]));
  });
});

/** What S3 knows of a request to put, as conditions see it; a header that is not there is null. */
const REQUESTS: [string, { "s3:if-none-match"?: string; "s3:ObjectCreationOperation": string }, boolean][] = [
  [
    "a put that says `only if absent`",
    { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" },
    true,
  ],
  ["a put without a condition", { "s3:ObjectCreationOperation": "true" }, false],
  // It can carry no such header.
  ["a copy into the bucket", { "s3:ObjectCreationOperation": "true" }, false],
  ["a part of a multipart upload", { "s3:ObjectCreationOperation": "false" }, true],
  ["the end of a multipart upload without a condition", { "s3:ObjectCreationOperation": "true" }, false],
  [
    "the end of a multipart upload that says `only if absent`",
    { "s3:if-none-match": "*", "s3:ObjectCreationOperation": "true" },
    true,
  ],
];

describe("the bucket's policy, which the local AWS does not enforce,", () => {
  it.each(REQUESTS)("judges %s", (_, request, allowed) => {
    const values = request as Record<string, string | undefined>;
    const holds: Record<string, (key: string, value: string) => boolean> = {
      Null: (key, value) => (values[key] === undefined) === (value === "true"),
      Bool: (key, value) => values[key] === value,
    };
    const denied = aws.policyOf("StorageArtifacts").some(({ Effect, Action, Condition = {} }) => {
      if (Effect !== "Deny" || ![Action].flat().includes("s3:PutObject")) return false;
      return Object.entries(Condition).every(([operator, keys]) =>
        Object.entries(keys).every(([key, value]) => holds[operator]?.(key, String(value))),
      );
    });
    expect(!denied).toBe(allowed);
  });
});
