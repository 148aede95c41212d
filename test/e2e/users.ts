import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateUserCommand,
  DeleteAccessKeyCommand,
  DeleteUserCommand,
  DeleteUserPolicyCommand,
  DetachUserPolicyCommand,
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
  const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
  return newUser(async (name) => {
    const policy = { ...name, PolicyName: "rights" };
    await iam.send(new PutUserPolicyCommand({ ...policy, PolicyDocument }));
    return [new DeleteUserPolicyCommand(policy)];
  });
}

/** Credentials of a new IAM user with these managed policies and nothing else; gone when the test is over. */
export async function userWithPolicies(...arns: string[]): Promise<Credentials> {
  return newUser(async (name) => {
    const policies = arns.map((PolicyArn) => ({ ...name, PolicyArn }));
    for (const policy of policies) await iam.send(new AttachUserPolicyCommand(policy));
    return policies.map((policy) => new DetachUserPolicyCommand(policy));
  });
}

/** @param give gives the user its rights. @returns what takes them away again */
async function newUser(
  give: (name: { UserName: string }) => Promise<(DeleteUserPolicyCommand | DetachUserPolicyCommand)[]>,
): Promise<Credentials> {
  const name = { UserName: `tester-${crypto.randomUUID()}` };
  await iam.send(new CreateUserCommand(name));
  const takeAway = await give(name);
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand(name));
  const { AccessKeyId = "", SecretAccessKey = "" } = AccessKey ?? {};
  onTestFinished(async () => {
    await iam.send(new DeleteAccessKeyCommand({ ...name, AccessKeyId }));
    for (const command of takeAway) await iam.send(command as DeleteUserPolicyCommand);
    await iam.send(new DeleteUserCommand(name));
  });
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey };
}
