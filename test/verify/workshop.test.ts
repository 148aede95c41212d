import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { root } from "../../tools/checkout.ts";
import { permitHook } from "../../verify/hook.ts";
import { neededOf } from "../../verify/workshop.ts";
import { errorOf } from "../lambda/support.ts";

it("gives scripts nothing of the user's environment that they could tell", () => {
  const needed = { PATH: "/bin", HOME: "/home/a", https_proxy: "http://proxy", SSL_CERT_FILE: "/c.pem" };
  const secrets = { GITHUB_TOKEN: "x", AWS_SECRET_ACCESS_KEY: "x", SSH_AUTH_SOCK: "/s", HKDIST_TAG: "v1" };
  expect(neededOf({ ...needed, ...secrets, BASH_ENV: "/evil" })).toEqual(needed);
});

const HOOK = "#!/bin/bash\necho hi";
const ask = (stated: string | undefined, runHook: boolean, hook?: string) => {
  const shown: string[] = [];
  const call = () => permitHook(stated, { runHook, hook }, (line) => shown.push(line));
  return { call, shown };
};

it("runs a hook only when it was agreed to, after showing it", () => {
  const refused = ask(HOOK, false);
  expect(errorOf(refused.call)).toMatchObject({
    name: "UserError",
    message: expect.stringContaining("--run-hook"),
  });
  expect(refused.shown).toEqual([expect.stringMatching(/code of the deployment:\n#!\/bin\/bash\necho hi$/)]);
  const agreed = ask(HOOK, true);
  agreed.call();
  expect(agreed.shown).toEqual(refused.shown);
  ask(undefined, false).call();
});

it("runs one's own copy of the hook, if it is the same", () => {
  ask(HOOK, false, `${HOOK}\n`).call();
  for (const stated of [`${HOOK}; evil`, undefined]) {
    expect(errorOf(ask(stated, true, HOOK).call).message).toContain("is not the hook");
  }
});

it("keeps objects below its folder", () => {
  const folder = mkdtempSync(join(tmpdir(), "hkdist-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const put = (key: string) =>
    execFileSync(
      join(root, "verify", "bin", "aws"),
      ["s3api", "put-object", "--bucket", "b", "--key", key, "--body", import.meta.filename],
      { env: { ...process.env, STORE_FOLDER: join(folder, "store") }, stdio: "pipe" },
    );
  put("a/b");
  expect(existsSync(join(folder, "store", "b", "a", "b"))).toBe(true);
  expect(() => put("../../out")).toThrow();
  expect(existsSync(join(folder, "out"))).toBe(false);
});
