import { beforeAll, describe, expect, it } from "vitest";
import { artifactDocuments } from "../../lambda/shared/artifacts.ts";
import { getCurrent } from "../../lambda/shared/current.ts";
import type { ArtifactId } from "../../lambda/shared/keys.ts";
import { send } from "../golden/send.ts";
import { pseudoRandom } from "../lambda/support.ts";
import { register, sha256Of, storeArtifact } from "./registered.ts";
import { local, table } from "./setting.ts";
import { putVerbatim, ROOT } from "./signed.ts";

const cmd = "hk-put";
const id = (version: string): ArtifactId => ({ cmd, version, platform: "linux-amd64" });
const FIRST = id("20140509");
const SECOND = id("20140529.2");
const TENTH = id("20140529.10");
const STORED = id("20140604");

beforeAll(async () => {
  for (const one of [FIRST, SECOND, TENTH]) expect((await register(one)).status).toBeLessThan(202);
  await storeArtifact(STORED);
});

const hash = (one: ArtifactId) => `{"sha256":"${sha256Of(one)}"}`;
const padded = (body: string, bytes: number) => body.padEnd(bytes);
const UNPROCESSABLE = "unprocessable entity\n";
const BAD_CHARACTER = "bad character in path\n";
const NOT_FOUND = "404 page not found\n";

/** In this order, as each may change what the next one finds. */
const WRITES: [string, string, number, string | RegExp][] = [
  // What is registered.
  ["hk-put/20140509/linux-amd64.json", hash(FIRST), 200, "ok\n"],
  ["hk-put/20140509/linux-amd64.json", hash(SECOND), 409, "conflict\n"],
  ["hk-put/20140509/linux-amd64.json?x=1", `{"x":[1],"SHA256":"${sha256Of(FIRST)}"}`, 200, "ok\n"],
  ["hk-put/20140510/linux-amd64.json", hash(FIRST), 422, /no object hk-put\/20140510\/linux-amd64\.gz/],
  ["hk-put/20140604/linux-amd64.json", hash(STORED), 200, /^(ok|created)\n$/],
  // Bodies.
  ["hk-put/20140509/linux-amd64.json", "", 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", "{}", 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", "null", 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", `[${hash(FIRST)}]`, 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", `${hash(FIRST)}{}`, 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", '{"sha256":"AAAA"}', 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", '{"sha256":1}', 422, UNPROCESSABLE],
  ["hk-put/20140509/linux-amd64.json", padded(hash(FIRST), 1000), 200, "ok\n"],
  ["hk-put/20140509/linux-amd64.json", padded(hash(FIRST), 1001), 422, UNPROCESSABLE],
  // What is current.
  ["hk-put/current/linux-amd64.json", '{"version":"20140529.2"}', 200, "ok\n"],
  ["hk-put/current/linux-amd64.json", '{"Version":"20140529.10"}', 200, "ok\n"],
  ["hk-put/current/linux-amd64.json", '{"version":"20140529.10"}', 200, "ok\n"],
  ["hk-put/current/linux-amd64.json", '{"version":"20140529.2"}', 409, /is at 20140529\.10.*\?force=true/],
  ["hk-put/current/linux-amd64.json?force=true", '{"version":"20140509"}', 200, "ok\n"],
  ["hk-put/current/linux-amd64.json", '{"version":"19990101"}', 422, /is not registered on linux-amd64/],
  ["hk-put/current/linux-amd64.json", '{"version":"v20140509"}', 422, /is not registered/],
  ["hk-put/current/linux-amd64.json", '{"version":20140509}', 422, UNPROCESSABLE],
  ["hk-put/current/windows-386.json", '{"version":"20140509"}', 422, /is not registered on windows-386/],
  // Paths.
  ["h.k/20140509/linux-amd64.json", hash(FIRST), 400, BAD_CHARACTER],
  ["hk-put/abc/linux-amd64.json", hash(FIRST), 400, BAD_CHARACTER],
  ["hk-put/20140509/linux_amd64.json", "no body is looked at", 400, BAD_CHARACTER],
  ["hk-put/1..2/linux-amd64.json", hash(FIRST), 400, BAD_CHARACTER],
  ["hk-put/20140509/linux%00amd64.json", hash(FIRST), 400, BAD_CHARACTER],
  [`${"a".repeat(65)}/current/linux-amd64.json`, '{"version":"20140509"}', 400, BAD_CHARACTER],
  ["hk-put/20140509/linux-amd64", hash(FIRST), 404, NOT_FOUND],
  ["hk-put/20140509/.json", hash(FIRST), 404, NOT_FOUND],
  ["hk-put/linux-amd64.json", hash(FIRST), 404, NOT_FOUND],
  ["release.json", hash(FIRST), 404, NOT_FOUND],
  ["hk-put.gz", hash(FIRST), 404, NOT_FOUND],
  ["hk-put//current/linux-amd64.json", '{"version":"20140529.10"}', 301, ""],
  ["hk-put/x/../current/linux-amd64.json", '{"version":"20140529.10"}', 301, ""],
];

describe("PUT", () => {
  it.each(WRITES)("%s %.60s -> %d", async (path, body, status, said) => {
    const answer = await putVerbatim(path, body, ROOT);
    expect([answer.status, answer.body]).toEqual([
      status,
      typeof said === "string" ? said : expect.stringMatching(said),
    ]);
    expect(answer.headers).toMatchObject({
      "cache-control": "no-store",
      "content-type": "text/plain; charset=utf-8",
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
  });

  it("in the end has changed what it said, and nothing else", async () => {
    const current = await getCurrent(table, cmd, { consistent: true });
    expect(current?.platforms).toEqual({
      "linux-amd64": { version: "20140509", sha256: sha256Of(FIRST) },
    });
    const mine = (await artifactDocuments(table)).filter((one) => one.cmd === cmd);
    expect(mine.map(({ version }) => version)).toEqual(["20140509", "20140529.2", "20140529.10", "20140604"]);
  });
});

it("whatever bytes come, no answer is a failure, and nothing is written without a signature", async () => {
  const before = JSON.stringify(await artifactDocuments(table));
  const random = pseudoRandom(20140509);
  const pick = (from: string) => from.charAt(Math.floor(random() * from.length));
  const odd = (length: number) =>
    Array.from({ length }, () => pick("/.%-_~!$&'()*+,;=:@?#[]|^`{}\"<>\\20aAzZ")).join("");
  const seeds = [
    "/",
    "/release.json",
    "/hk-put.gz",
    "/hk-put/current/linux-amd64.json",
    "/hk-put/20140509/x.json",
  ];
  const { pathname } = new URL(local.directoryUrl);
  for (let sent = 0; sent < 150; sent++) {
    const seed = seeds[sent % seeds.length] ?? "/";
    const at = Math.floor(random() * seed.length);
    const path = `${seed.slice(0, at)}${odd(1 + (sent % 9))}${seed.slice(at)}`;
    const method = pick("GHP") === "P" ? "PUT" : sent % 2 ? "GET" : "HEAD";
    const headers: [string, string][] = [
      ["User-Agent", odd(20)],
      ["If-None-Match", odd(8)],
      ["Accept-Encoding", odd(8)],
    ];
    const target = { method, path: `${pathname}${path.replace(/^\//, "")}` };
    const answer = await send(new URL(local.directoryUrl), target, headers, Buffer.from(odd(sent % 40)));
    expect([path, answer.status]).toEqual([path, expect.toSatisfy((status: number) => status < 500)]);
    if (method === "PUT")
      expect([path, [301, 400, 403, 404]]).toEqual([path, expect.arrayContaining([answer.status])]);
  }
  expect(JSON.stringify(await artifactDocuments(table))).toBe(before);
});
