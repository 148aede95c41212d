import { execFileSync } from "node:child_process";
import { IAMClient, paginateListRoles, type Role, UpdateAssumeRolePolicyCommand } from "@aws-sdk/client-iam";
import { clientEnvironment } from "../../local/local-aws.ts";
import { local, options } from "./setting.ts";
import type { Credentials } from "./signed.ts";

const iam = new IAMClient(options);

/** A role of the deployed stack, by its name in the template without the hash, such as `PatchFunctionRole`. */
export async function roleNamed(name: string): Promise<Role> {
  const found: Role[] = [];
  for await (const { Roles = [] } of paginateListRoles({ client: iam }, {})) {
    found.push(...Roles.filter(({ RoleName = "" }) => RoleName.startsWith(`hkdist-${name}`)));
  }
  const [role] = found;
  if (role === undefined || found.length > 1) throw new Error(`${found.length} roles are called ${name}`);
  return role;
}

/** Credentials of a session of that role, which for a moment trusts the tester instead of its service. */
export async function sessionOf(name: string): Promise<Credentials & { sessionToken: string }> {
  const { Arn = "", RoleName, AssumeRolePolicyDocument = "" } = await roleNamed(name);
  const trust = (PolicyDocument: string) =>
    iam.send(new UpdateAssumeRolePolicyCommand({ RoleName, PolicyDocument }));
  await trust(TRUSTS_THE_ACCOUNT);
  const assume = ["sts", "assume-role", "--role-session-name", "tester", "--role-arn", Arn];
  const answer = execFileSync("aws", [...assume, "--output", "json"], {
    env: clientEnvironment(local),
    encoding: "utf8",
  });
  await trust(decodeURIComponent(AssumeRolePolicyDocument));
  const { Credentials } = JSON.parse(answer) as {
    Credentials: { AccessKeyId: string; SecretAccessKey: string; SessionToken: string };
  };
  return {
    accessKeyId: Credentials.AccessKeyId,
    secretAccessKey: Credentials.SecretAccessKey,
    sessionToken: Credentials.SessionToken,
  };
}

const TRUSTS_THE_ACCOUNT = JSON.stringify({
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "sts:AssumeRole", Principal: { AWS: "arn:aws:iam::000000000000:root" } },
  ],
});
