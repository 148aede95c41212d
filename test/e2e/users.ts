import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  IAMClient,
  PutUserPolicyCommand,
} from "@aws-sdk/client-iam";
import { onTestFinished } from "vitest";
import { local, options } from "./setting.ts";
import type { Credentials } from "./signed.ts";

const iam = new IAMClient(options);

/** Credentials of a new IAM user who may PUT on these paths of the directory (without the first slash) and nothing else. */
export async function userWhoMayPut(...paths: string[]): Promise<Credentials> {
  const [, api = ""] = /execute-api\/([^/]+)\//.exec(local.directoryUrl) ?? [];
  const Resource = paths.map((path) => `arn:aws:execute-api:${local.region}:*:${api}/$default/PUT/${path}`);
  return userWhoMay([{ Effect: "Allow", Action: "execute-api:Invoke", Resource }]);
}

/** Credentials of a new IAM user with a policy of these statements; gone when the test is over. */
export async function userWhoMay(Statement: object[]): Promise<Credentials> {
  const name = { UserName: `tester-${crypto.randomUUID()}` };
  const policy = { ...name, PolicyName: "rights" };
  await iam.send(new CreateUserCommand(name));
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  await iam.send(new PutUserPolicyCommand({ ...policy, PolicyDocument }));
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand(name));
  const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey ?? {};
  onTestFinished(async () => {
    await iam.send(new DeleteAccessKeyCommand({ ...name, AccessKeyId }));
    await iam.send(new DeleteUserPolicyCommand(policy));
    await iam.send(new DeleteUserCommand(name));
  });
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
}
