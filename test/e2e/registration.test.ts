import { execFileSync } from "node:child_process";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { record } from "../../lambda/record/record.ts";
import { answer } from "../../lambda/register/routes.ts";
import { getArtifact } from "../../lambda/shared/artifacts.ts";
import { getCurrent, historyOf } from "../../lambda/shared/current.ts";
import type { ArtifactId } from "../../lambda/shared/keys.ts";
import { behindGateway } from "../lambda/gateway.ts";
import { lacks } from "../programs.ts";
import { register, sha256Of, storeArtifact } from "./registered.ts";
import { local, s3, table } from "./setting.ts";
import { put, putVerbatim } from "./signed.ts";
import { userWhoMayPut } from "./users.ts";

/** A platform per test, so that none sees what another one did. */
const id = (platform: string, version = "20140509", cmd = "hk-two"): ArtifactId => ({
  cmd,
  version,
  platform,
});
const pathOf = ({ cmd, version, platform }: ArtifactId) => `${cmd}/${version}/${platform}.json`;
const currentPath = ({ cmd, platform }: ArtifactId) => `${cmd}/current/${platform}.json`;
const hash = (one: ArtifactId) => JSON.stringify({ sha256: sha256Of(one) });
const version = (text: string) => JSON.stringify({ version: text });
const said = async (answer: Response) => [answer.status, await answer.text()];

describe("registering", () => {
  it("reads what is stored, and may be repeated", async () => {
    const one = id("plan9-386");
    expect((await put(pathOf(one), hash(one))).status).toBe(422);
    expect([200, 201]).toContain((await register(one)).status);
    expect(await said(await put(pathOf(one), hash(one)))).toEqual([200, "ok\n"]);
    const other = await put(pathOf(one), hash(id("plan9-amd64")));
    expect(await said(other)).toEqual([409, "conflict\n"]);
    expect(other.headers.get("hkdist-problem")).toContain(sha256Of(one));
    expect(await getArtifact(table, one)).toMatchObject({ sha256: sha256Of(one) });
  });

  it("of another hash than the stored binary's is a conflict, and the row tells what is stored", async () => {
    const one = id("plan9-arm");
    await storeArtifact(one);
    const answer = await put(pathOf(one), hash(id("plan9-mips")));
    expect(await said(answer)).toEqual([409, "conflict\n"]);
    expect(await getArtifact(table, one)).toMatchObject({ sha256: sha256Of(one) });
  });
});

describe("making current", () => {
  it("goes forward, and back only with force; history tells each change, when and by whom", async () => {
    const old = id("solaris-amd64", "20140509", "hk-one-canary");
    const young = { ...old, version: "20140510.10" };
    await register(old);
    await register(young);
    const before = (await historyOf(table, old.cmd)).length;
    const steps = [
      [currentPath(old), version(old.version), 200],
      [currentPath(old), version(young.version), 200],
      [currentPath(old), version(young.version), 200],
      [currentPath(old), version(old.version), 409],
      [`${currentPath(old)}?force=false`, version(old.version), 409],
      [`${currentPath(old)}?force=true`, version(old.version), 200],
      [currentPath(old), version("20140511"), 422],
    ] as const;
    for (const [path, body, status] of steps) expect((await put(path, body)).status).toBe(status);

    const history = (await historyOf(table, old.cmd)).slice(before);
    expect(history.map(({ from, to, by }) => [from, to, by])).toEqual([
      [{}, { [old.platform]: old.version }, "arn:aws:iam::000000000000:root"],
      [{ [old.platform]: old.version }, { [old.platform]: young.version }, expect.any(String)],
      [{ [old.platform]: young.version }, { [old.platform]: old.version }, expect.any(String)],
    ]);
    for (const { at } of history) expect(Date.now() - Date.parse(at)).toBeLessThan(60_000);
  });
});

describe("who may PUT is for IAM to say", () => {
  const FORBIDDEN = 403;

  it("nobody without a signature, or with a wrong one", async () => {
    const one = id("aix-ppc64");
    await storeArtifact(one);
    const user = await userWhoMayPut("*");
    expect((await put(pathOf(one), hash(one), "unsigned")).status).toBe(FORBIDDEN);
    const wrong = { ...user, secretAccessKey: "wrong" };
    expect((await put(pathOf(one), hash(one), wrong)).status).toBe(FORBIDDEN);
    expect([200, 201]).toContain((await put(pathOf(one), hash(one), user)).status);
  });

  it("one command only, and history has the name", async () => {
    const user = await userWhoMayPut("hk-one/*");
    const mine = id("illumos-amd64", "20140509", "hk-one");
    const theirs = id("illumos-amd64", "20140509", "hk-one-canary");
    await storeArtifact(mine);
    await register(theirs);
    expect([200, 201]).toContain((await put(pathOf(mine), hash(mine), user)).status);
    expect((await put(currentPath(mine), version(mine.version), user)).status).toBe(200);
    expect((await historyOf(table, "hk-one")).at(-1)?.by).toMatch(/^arn:aws:iam::\d+:user\/tester-/);
    expect((await put(pathOf(theirs), hash(theirs), user)).status).toBe(FORBIDDEN);
    expect((await put(currentPath(theirs), version(theirs.version), user)).status).toBe(FORBIDDEN);
  });

  it("registering only: versions begin with a digit, and `current` does not, however it is spelt", async () => {
    const digits = [..."0123456789"].map((digit) => `hk-one/${digit}*`);
    const user = await userWhoMayPut(...digits);
    const one = id("js-wasm", "20140509", "hk-one");
    await storeArtifact(one);
    expect([200, 201]).toContain((await put(pathOf(one), hash(one), user)).status);
    for (const current of ["current", "curren%74", "%63urrent", "./current", "20140509/../current"]) {
      const path = `hk-one/${current}/js-wasm.json`;
      expect([FORBIDDEN, 301]).toContain((await put(path, version(one.version), user)).status);
    }
    expect((await getCurrent(table, "hk-one", { consistent: true }))?.platforms["js-wasm"]).toBeUndefined();
  });

  it("a path that leads to another command by its dots changes nothing", async () => {
    const user = await userWhoMayPut("hk-one/*");
    const theirs = id("wasip1-wasm", "20140509", "hk-one-canary");
    await register(theirs);
    for (const dots of ["..", "%2e%2e", ".%2E"]) {
      const path = `hk-one/${dots}/${currentPath(theirs)}`;
      const answer = await putVerbatim(path, version(theirs.version), user);
      expect([FORBIDDEN, 301]).toContain(answer.status);
    }
    const { platforms } = (await getCurrent(table, "hk-one-canary", { consistent: true })) ?? {
      platforms: {},
    };
    expect(platforms).not.toHaveProperty(theirs.platform);
  });

  it.skipIf(lacks(["curl"], "signing with curl"))("curl signs as the documentation shows", async () => {
    const user = await userWhoMayPut("hk-one/*");
    const one = id("android-arm64", "20140509", "hk-one");
    await storeArtifact(one);
    // By the host, as on AWS: the curl of many systems does not sign the `$` in the local URL's path as it sends it.
    const [, api = ""] = /execute-api\/([^/]+)\//.exec(local.directoryUrl) ?? [];
    const { hostname, port } = new URL(local.endpointUrl);
    const host = `${api}.execute-api.localhost`;
    const output = execFileSync("curl", [
      ...["--silent", "--resolve", `${host}:${port}:${hostname}`],
      ...["--aws-sigv4", `aws:amz:${local.region}:execute-api`],
      ...["--user", `${user.accessKeyId}:${user.secretAccessKey}`],
      ...["--request", "PUT", "--data", hash(one), "--write-out", "%{http_code}"],
      `http://${host}:${port}/${pathOf(one)}`,
    ]);
    expect(output.toString()).toMatch(/^(created\n201|ok\n200)$/);
  });
});

describe("many at once", () => {
  // What the functions log belongs to no test's output.
  const lines = vi.spyOn(console, "log");
  beforeAll(() => {
    lines.mockImplementation(() => {});
  });
  afterAll(() => lines.mockRestore());

  const recorder = { table, s3, bucket: local.artifactsBucket, largestBinary: 1000 };
  const recordHere = (key: string) => record(recorder, { key, s3VersionId: undefined });
  /** In this process on the real table: a hundred calls of the functions would be two hundred processes. */
  const ask = behindGateway((request) => answer({ table, record: recordHere }, request));
  const principal = "arn:aws:iam::000000000000:user/racer";
  const putHere = async (path: string, body: string) =>
    (await ask("PUT", `/${path}`, { body, principal })).status;
  // As many processes as requests, and half a minute: only `npm run test:all` has the time for a hundred.
  const MANY = process.env["HKDIST_TEST_ALL"] ? 100 : 8;
  const putThere = async (path: string, body: string) => (await put(path, body)).status;

  it.each([
    ["over HTTP", MANY, putThere, "openbsd-amd64"],
    ["on the table", 100, putHere, "openbsd-arm64"],
  ])("register one version once, %s, %d times", async (_, count, send, platform) => {
    const one = id(platform);
    await storeArtifact(one);
    const other = hash(id("openbsd-386"));
    const bodies = Array.from({ length: count }, (_, at) => (at % 4 === 3 ? other : hash(one)));
    const statuses = await Promise.all(bodies.map((body) => send(pathOf(one), body)));
    for (const [at, status] of statuses.entries()) {
      expect(bodies[at] === other ? [409, 503] : [200, 201, 503]).toContain(status);
    }
    expect(statuses).toSatisfy((all: number[]) => all.some((status) => status < 300));
    expect(await getArtifact(table, one)).toMatchObject({ sha256: sha256Of(one) });
  });

  it.each([
    ["over HTTP", MANY, putThere, "hk-racing"],
    ["on the table", 100, putHere, "hk-racing-on"],
  ])("change current one after the other, the first ever too, %s, %d times", async (_, count, send, cmd) => {
    const versions = ["20140501", "20140502", "20140503", "20140504"];
    for (const one of versions) await register(id("netbsd-amd64", one, cmd));
    expect(await getCurrent(table, cmd, { consistent: true })).toBeUndefined();
    const bodies = Array.from({ length: count }, (_, at) => version(versions[at % 4] ?? ""));
    const path = `${cmd}/current/netbsd-amd64.json`;
    const statuses = await Promise.all(bodies.map((body) => send(path, body)));
    for (const status of statuses) expect([200, 409, 503]).toContain(status);
    expect(statuses).toContain(200);

    const current = await getCurrent(table, cmd, { consistent: true });
    const history = await historyOf(table, cmd);
    expect(history.map(({ revision }) => revision)).toEqual(history.map((_, at) => at + 1));
    expect(current?.revision).toBe(history.length);
    expect(current?.platforms["netbsd-amd64"]?.version).toBe(history.at(-1)?.to["netbsd-amd64"]);
    for (const [at, entry] of history.slice(1).entries()) expect(entry.from).toEqual(history[at]?.to);
  });
});
