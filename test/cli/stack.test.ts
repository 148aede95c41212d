import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { CloudFormationClient } from "@aws-sdk/client-cloudformation";
import { DescribeExecutionCommand, SFNClient } from "@aws-sdk/client-sfn";
import { describe, expect, onTestFinished, test } from "vitest";
import { findStack } from "../../cli/deployment/outputs.ts";
import { explain } from "../../cli/deployment/trouble.ts";
import { PromoteRefusedError } from "../../lambda/shared/errors.ts";

const credentials = { accessKeyId: "x", secretAccessKey: "x" };

/** An AWS that answers what it is told to; counts the requests. */
async function awsThat(answer: (body: string, request: number) => [status: number, body: string]) {
  let requests = 0;
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => {
      body += part;
    });
    request.on("end", () => {
      const [status, text] = answer(body, ++requests);
      response.writeHead(status, { connection: "close" }).end(text);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void server.close());
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    settings: { endpoint, region: "eu-west-1", credentials, maxAttempts: 4 },
    requests: () => requests,
  };
}

const OUTPUTS = [
  ...["ReleaseMachineArn", "PromoteMachineArn", "ArtifactsBucket", "Table"],
  ...["DirectoryUrl", "ArtifactsUrl", "AlertsTopicArn"],
];
const stackXml = (name: string, outputs: readonly string[] = OUTPUTS) =>
  `<member><StackName>${name}</StackName><StackStatus>CREATE_COMPLETE</StackStatus><CreationTime>2026-01-31T00:00:00Z</CreationTime><Outputs>${outputs
    .map((one) => `<member><OutputKey>${one}</OutputKey><OutputValue>the ${one}</OutputValue></member>`)
    .join("")}</Outputs></member>`;
const answerXml = (...stacks: string[]) =>
  `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks>${stacks.join("")}</Stacks></DescribeStacksResult></DescribeStacksResponse>`;
const errorXml = (code: string, message: string) =>
  `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;
const MISSING = errorXml("ValidationError", "Stack with id hkdist does not exist");
const isNamed = (body: string) => body.includes("StackName=");

describe("the stack", () => {
  test("called hkdist is taken without looking at others", async () => {
    const { settings, requests } = await awsThat(() => [200, answerXml(stackXml("hkdist"))]);
    const found = await findStack(new CloudFormationClient(settings), undefined);
    expect([found.name, found.status, found.outputs["Table"]]).toEqual([
      "hkdist",
      "CREATE_COMPLETE",
      "the Table",
    ]);
    expect(requests()).toBe(1);
  });

  test("is the only one with its outputs when none is called hkdist", async () => {
    const { settings } = await awsThat((body) =>
      isNamed(body) ? [400, MISSING] : [200, answerXml(stackXml("other", ["Table"]), stackXml("tools"))],
    );
    expect((await findStack(new CloudFormationClient(settings), undefined)).name).toBe("tools");
  });

  test.each([
    ["several", answerXml(stackXml("a"), stackXml("b")), "Usage", "several deployments of hkdist here: a, b"],
    ["none", answerXml(), "NotFound", "There is no stack hkdist in eu-west-1"],
  ])("with %s there is a question", async (_name, all, kind, message) => {
    const { settings } = await awsThat((body) => (isNamed(body) ? [400, MISSING] : [200, all]));
    const found = findStack(new CloudFormationClient(settings), undefined);
    await expect(found).rejects.toMatchObject({ kind, message: expect.stringContaining(message) });
  });

  test("who may only look at one stack is told to name it", async () => {
    const { settings } = await awsThat((body) =>
      isNamed(body) ? [400, MISSING] : [403, errorXml("AccessDenied", "User: x is not authorized")],
    );
    const found = findStack(new CloudFormationClient(settings), undefined);
    await expect(found).rejects.toMatchObject({ kind: "NotFound", next: expect.stringContaining("--stack") });
  });

  test("that was named is not replaced by another one", async () => {
    const { settings, requests } = await awsThat(() => [
      400,
      errorXml("ValidationError", "Stack with id prod does not exist"),
    ]);
    const found = findStack(new CloudFormationClient(settings), "prod");
    await expect(found).rejects.toMatchObject({ kind: "NotFound", exit: 3 });
    expect(requests()).toBe(1);
  });

  test("that may not be looked at is not called missing", async () => {
    const { settings } = await awsThat(() => [
      403,
      errorXml("AccessDenied", "User: x is not authorized to perform: y"),
    ]);
    const error = await findStack(new CloudFormationClient(settings), "hkdist").catch(
      (thrown: unknown) => thrown,
    );
    const told = explain(error, { isLocal: false, region: "eu-west-1" });
    expect(told).toMatchObject({ kind: "NotAllowed", exit: 4 });
    expect(told.message).toContain("User: x is not authorized to perform: y");
  });

  test("that was never finished says so", async () => {
    const { settings } = await awsThat(() => [200, answerXml(stackXml("hkdist", ["Table"]))]);
    const found = findStack(new CloudFormationClient(settings), "hkdist");
    await expect(found).rejects.toThrow("lacks the outputs ReleaseMachineArn");
  });
});

describe("throttling", () => {
  const throttled = JSON.stringify({ __type: "ThrottlingException", message: "Rate exceeded" });
  const ask = (settings: object) =>
    new SFNClient(settings).send(new DescribeExecutionCommand({ executionArn: "arn:aws:states:x" }));

  test("is waited out", async () => {
    const { settings, requests } = await awsThat((_body, request) =>
      request < 3 ? [400, throttled] : [200, JSON.stringify({ status: "RUNNING" })],
    );
    expect((await ask(settings)).status).toBe("RUNNING");
    expect(requests()).toBe(3);
  });

  test("that does not end is told as what it is", async () => {
    const { settings } = await awsThat(() => [400, throttled]);
    const error = await ask(settings).catch((thrown: unknown) => thrown);
    expect(explain(error, { isLocal: false })).toMatchObject({
      kind: "Trouble",
      exit: 6,
      message: expect.stringContaining("still did after 4 tries"),
    });
  });
});

const named = (name: string, message = "said") => Object.assign(new Error(message), { name });

test.each([
  ["CredentialsProviderError", "NoCredentials", "--profile"],
  ["TokenProviderError", "NoCredentials", "--profile"],
  ["ExpiredTokenException", "NoCredentials", "aws sso login"],
  ["EHOSTUNREACH", "Trouble", "network"],
  ["UnrecognizedClientException", "NoCredentials", "aws sso login"],
  ["AccessDeniedException", "NotAllowed", "npx hkdist doctor"],
  ["TimeoutError", "Trouble", "network"],
  ["SomethingElse", "Trouble", "HKDIST_DEBUG"],
])("%s is %s, and what to do is told", (name, kind, next) => {
  const told = explain(named(name), { isLocal: false, region: "eu-west-1" });
  expect([told.kind, told.message]).toEqual([kind, expect.stringContaining("said")]);
  expect(told.next).toContain(next);
});

test("a session of AWS SSO that is over is not called missing credentials", () => {
  const thrown = named(
    "CredentialsProviderError",
    "The SSO session associated with this profile has expired.",
  );
  const told = explain(thrown, { isLocal: false });
  expect([told.kind, told.next]).toEqual(["NoCredentials", expect.stringContaining("aws sso login")]);
  expect(told.message).toMatch(/^The session of AWS SSO is over/);
});

test("nothing that listens is told by where it should", () => {
  const refused = Object.assign(named("Error", ""), { code: "ECONNREFUSED" });
  expect(explain(refused, { isLocal: true })).toMatchObject({ next: "npm run local" });
  expect(explain(refused, { isLocal: false, region: "eu-west-1" }).message).toContain("eu-west-1");
});

test("what our own checks refuse keeps its name and words", () => {
  const told = explain(new PromoteRefusedError("it is older"), { isLocal: false });
  expect([told.kind, told.exit, told.message]).toEqual(["Refused", 1, "PromoteRefusedError: it is older"]);
});
