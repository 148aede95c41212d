import { describe, expect, it } from "vitest";
import { sha256InBody, versionInBody } from "../../../lambda/register/body.ts";
import { sha256 } from "../support.ts";

describe("the version in a body", () => {
  it.each([
    ['{"version":"1"}', "1"],
    [' \t\r\n{ "version" : "1" }\n', "1"],
    ['{"Version":"1"}', "1"],
    ['{"VERSION":"1"}', "1"],
    ['{"verſion":"1"}', "1"], // as Go's decoder folds it
    ['{"VERSION":"1","version":"2"}', "2"],
    ['{"version":"1","VERSION":"2"}', "2"],
    ['{"version":"1","version":"2"}', "2"],
    ['{"version":"1","VERSION":"2","version":"3"}', "3"],
    ['{"version":"1","version":null}', "1"],
    ['{"a":[{"version":"2"},"version"],"version":"1","b":{"version":"3","c":[1,2]}}', "1"],
    ['{"a":"\\",\\"version\\":\\"2","version":"1"}', "1"],
    ['{"cmd":"hk","version":"1","more":{"version":"2"}}', "1"],
    ['{"\\u0076ersion":"1"}', "1"],
    ['{"version":"\\u0031"}', "1"],
    ['{"version":""}', ""],
    ['{"__proto__":{"version":"2"},"version":"1"}', "1"],
    ['{"version":"1","versions":"2","aversion":"3","version\\n":"4"," version":"5"}', "1"],
  ])("%s is %j", (body, text) => {
    expect(versionInBody(Buffer.from(body))).toBe(text);
  });

  it.each([
    ["nothing", ""],
    ["blanks", "  \n"],
    ["no JSON", "version=1"],
    ["half of it", '{"version":"1"'],
    ["other quotes", "{'version':'1'}"],
    ["a comma too many", '{"version":"1",}'],
    ["a comment", '{"version":"1"} // current'],
    ["two values", '{"version":"1"}{"version":"1"}'],
    ["a byte order mark", '\uFEFF{"version":"1"}'],
    ["a null byte at the end", '{"version":"1"}\0'],
    ["an array", '[{"version":"1"}]'],
    ["an array of a text", '["version"]'],
    ["null", "null"],
    ["a text", '"version"'],
    ["a number", "1"],
    ["true", "true"],
    ["an object without it", "{}"],
    ["another name", '{"sha256":"1"}'],
    ["an inherited one", '{"__proto__":{"version":"1"}}'],
    ["one deeper down", '{"current":{"version":"1"}}'],
    ["a number in it", '{"version":1}'],
    ["an array in it", '{"version":["1"]}'],
    ["an object in it", '{"version":{}}'],
    ["null in it", '{"version":null}'],
    ["false in it", '{"version":false}'],
    ["a number in the last of two", '{"version":"1","Version":2}'],
    ["a number in the first of two", '{"version":1,"version":"2"}'],
    ["nothing but null in two", '{"version":null,"VERSION":null}'],
    ["thousand levels of array", "[".repeat(1000)],
  ])("is missing when there is %s", (_, body) => {
    expect(versionInBody(Buffer.from(body))).toBeUndefined();
  });

  it("is found in 1000 bytes, and missing in 1001", () => {
    const body = '{"version":"1"}'.padEnd(1000);
    expect(versionInBody(Buffer.from(body))).toBe("1");
    expect(versionInBody(Buffer.from(`${body} `))).toBeUndefined();
  });

  it("counts bytes, not letters", () => {
    const body = (letters: number) => Buffer.from(`{"version":"1","é":"${"é".repeat(letters)}"}`);
    expect([body(488).length, body(489).length]).toEqual([999, 1001]);
    expect(versionInBody(body(488))).toBe("1");
    expect(versionInBody(body(489))).toBeUndefined();
  });

  it("has a sign of replacement where bytes are no text", () => {
    const body = Buffer.concat([Buffer.from('{"version":"'), Buffer.from([0xff]), Buffer.from('"}')]);
    expect(versionInBody(body)).toBe("\uFFFD");
  });
});

describe("a hash", () => {
  const HASH = sha256(1); // it ends in E=
  const canonicalSha256 = (text: string) => sha256InBody(Buffer.from(JSON.stringify({ sha256: text })));

  it.each(["sha256", "SHA256", "Sha256", "ſha256", "\\u0053ha256"])("is found under %j", (name) => {
    expect(sha256InBody(Buffer.from(`{"${name}":"${HASH}"}`))).toBe(HASH);
  });

  it.each([
    ["the last of two", `{"sha256":"AAAA","SHA256":"${HASH}"}`, HASH],
    ["the last after null", `{"sha256":null,"sha256":"${HASH}"}`, HASH],
    ["nothing when null is last", `{"sha256":"${HASH}","sha256":null}`, undefined],
    ["nothing when another one is no base64", `{"sha256":"***","sha256":"${HASH}"}`, undefined],
    ["nothing when another one is no text", `{"sha256":[1],"sha256":"${HASH}"}`, undefined],
    ["nothing when the last is short", `{"sha256":"${HASH}","sha256":"AAAA"}`, undefined],
  ])("is %s", (_, body, hash) => {
    expect(sha256InBody(Buffer.from(body))).toBe(hash);
  });

  it("is itself", () => expect(canonicalSha256(HASH)).toBe(HASH));

  it.each(["F=", "G=", "H="])("is the same when bits that count for nothing make it end in %s", (end) => {
    expect(HASH).toMatch(/E=$/);
    expect(canonicalSha256(HASH.slice(0, -2) + end)).toBe(HASH);
  });

  it("may have every letter of base64", () => {
    const hash = Buffer.from("fbff".repeat(16), "hex").toString("base64");
    expect(hash).toMatch(/\+.*\//);
    expect(canonicalSha256(hash)).toBe(hash);
  });

  it.each([
    ["empty", ""],
    ["unpadded", HASH.slice(0, -1)],
    ["padded twice", `${HASH}=`],
    ["of 31 bytes", Buffer.alloc(31).toString("base64")],
    ["of 33 bytes", Buffer.alloc(33).toString("base64")],
    ["url-safe", Buffer.from("fbff".repeat(16), "hex").toString("base64url").padEnd(44, "=")],
    ["hexadecimal", "01".repeat(32)],
    ["after a blank", ` ${HASH}`],
    ["before a line end", `${HASH}\n`],
    ["broken over lines", `${HASH.slice(0, 20)}\n${HASH.slice(20)}`],
    ["broken over lines, as long as one that is not", `${HASH.slice(0, 20)}\n${HASH.slice(21)}`],
    ["padded in the middle", `${HASH.slice(0, 20)}=${HASH.slice(21)}`],
    ["of foreign letters", `ä${HASH.slice(1)}`],
    ["of full-width letters", `Ａ${HASH.slice(1)}`],
    ["ended by a zero byte", `${HASH.slice(0, -1)}\0`],
  ])("is nothing when it is %s", (_, text) => {
    expect(canonicalSha256(text)).toBeUndefined();
  });
});
