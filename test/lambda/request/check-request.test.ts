import { describe, expect, it } from "vitest";
import { checkBases, checkRequest } from "../../../lambda/request/check-request.ts";
import type { ReleasableCommands } from "../../../lambda/shared/payloads.ts";
import { errorOf } from "../support.ts";

const GREET = {
  repository: "https://example.com/greet.git",
  platforms: ["linux-amd64", "darwin-arm64", "windows-amd64"],
  sourceProject: "source-greet",
  buildProject: "build-greet",
};
const COMMANDS: ReleasableCommands = {
  greet: GREET,
  "greet-canary": {
    repository: "https://example.com/canary.git",
    platforms: ["linux-arm64"],
    sourceProject: "source-greet-canary",
    buildProject: "build-greet-canary",
  },
};

describe("a right request", () => {
  const ALL = { ...GREET, cmd: "greet", tag: "", version: "", publish: true, bases: [] };
  const TAGGED = { ...ALL, tag: "v20260131.2", version: "20260131.2" };
  const FIFTY = Array.from({ length: 50 }, (_, n) => `${20260101 + n}`);
  it.each([
    ["the command is enough", { cmd: "greet" }, ALL],
    [
      "each command has its own platforms and projects",
      { cmd: "greet-canary" },
      { ...ALL, ...COMMANDS["greet-canary"], cmd: "greet-canary" },
    ],
    ["a tag tells the version", { cmd: "greet", tag: "v20260131.2" }, TAGGED],
    ["publishing can be left out", { cmd: "greet", publish: false }, { ...ALL, publish: false }],
    ["publishing can be said", { cmd: "greet", publish: true }, ALL],
    [
      "platforms keep the order they are given in",
      { cmd: "greet", platforms: ["windows-amd64", "linux-amd64"] },
      { ...ALL, platforms: ["windows-amd64", "linux-amd64"] },
    ],
    [
      "bases publish nothing, and keep the order they are given in",
      { cmd: "greet", tag: "v20260131.2", bases: ["20260131.1", "20140529", "20260131.10", "20260131"] },
      { ...TAGGED, publish: false, bases: ["20260131.1", "20140529", "20260131.10", "20260131"] },
    ],
    [
      "with bases, that nothing is published can be said",
      { cmd: "greet", tag: "v20260131.2", bases: ["20260131"], publish: false },
      { ...TAGGED, publish: false, bases: ["20260131"] },
    ],
    [
      "fifty bases are allowed",
      { cmd: "greet", tag: "v20260131.2", bases: FIFTY },
      { ...TAGGED, publish: false, bases: FIFTY },
    ],
    [
      "bases can be for some platforms",
      { cmd: "greet", tag: "v20260131.2", bases: ["1"], platforms: ["linux-amd64"] },
      { ...TAGGED, publish: false, bases: ["1"], platforms: ["linux-amd64"] },
    ],
  ])("%s", (_, input, expected) => expect(checkRequest(input, COMMANDS)).toEqual(expected));

  it("may name a command that is called like a property of every object", () => {
    const commands = JSON.parse(JSON.stringify({ constructor: GREET })) as ReleasableCommands;
    expect(checkRequest({ cmd: "constructor" }, commands)).toMatchObject({ cmd: "constructor", ...GREET });
  });
});

describe("a wrong request fails with the field and what is allowed there", () => {
  const CMD = 'the commands are "greet", "greet-canary"';
  const TAG = "tag: must be v and a date that exists, such as v20260131";
  const FIELDS = 'the fields are "cmd", "tag", "platforms", "publish" and "bases"';
  const OBJECT = "the input must be a JSON object";
  const PLATFORMS = 'the command\'s platforms are "linux-amd64", "darwin-arm64", "windows-amd64"';
  const TAGGED = { cmd: "greet", tag: "v20260131.2" };
  const BASE = "must be a version such as 20260131 or 20260131.2";

  it.each([
    ["no input", undefined, [OBJECT]],
    ["null", null, [OBJECT]],
    ["a text", "greet", [OBJECT]],
    ["a number", 5, [OBJECT]],
    ["a list", [{ cmd: "greet" }], [OBJECT]],
    ["an empty object", {}, ["cmd: missing", CMD]],
    ["no command", { tag: "v20260131" }, ["cmd: missing", CMD]],
    ["an unknown command", { cmd: "gret" }, ['cmd: "gret" is not configured', CMD]],
    ["an empty command", { cmd: "" }, ['cmd: "" is not configured', CMD]],
    ["a command in other letters", { cmd: "Greet" }, ['cmd: "Greet" is not configured', CMD]],
    ["a command that is no text", { cmd: 5 }, ["cmd: 5 is not configured", CMD]],
    ["a list of commands", { cmd: ["greet"] }, ['cmd: ["greet"] is not configured', CMD]],
    ["the command __proto__", { cmd: "__proto__" }, ['cmd: "__proto__" is not configured', CMD]],
    ["the command constructor", { cmd: "constructor" }, ['cmd: "constructor" is not configured', CMD]],
    ["the command toString", { cmd: "toString" }, ['cmd: "toString" is not configured', CMD]],
    ["an empty tag", { cmd: "greet", tag: "" }, [TAG]],
    ["a tag without v", { cmd: "greet", tag: "20260131" }, [TAG]],
    ["a tag whose date does not exist", { cmd: "greet", tag: "v20260230" }, [TAG]],
    ["a tag with number 0", { cmd: "greet", tag: "v20260131.0" }, [TAG]],
    ["a tag that is no text", { cmd: "greet", tag: 20260131 }, [TAG]],
    ["a tag of null", { cmd: "greet", tag: null }, [TAG]],
    ["no platform", { cmd: "greet", platforms: [] }, ["platforms: must name at least one platform"]],
    ["platforms as text", { cmd: "greet", platforms: "linux-amd64" }, ["platforms: must be a list"]],
    ["platforms of null", { cmd: "greet", platforms: null }, ["platforms: must be a list"]],
    [
      "a platform that is no text",
      { cmd: "greet", platforms: ["linux-amd64", 1] },
      ["platforms[1]: must be"],
    ],
    [
      "a platform twice",
      { cmd: "greet", platforms: ["linux-amd64", "linux-amd64"] },
      ["platforms: must name each platform once"],
    ],
    [
      "platforms that are not configured",
      { cmd: "greet", platforms: ["linux-amd64", "linux-arm64", "plan9-386"] },
      ['platforms: "linux-arm64", "plan9-386" not configured', PLATFORMS],
    ],
    [
      "platforms that are called like a property of every object",
      { cmd: "greet", platforms: ["__proto__", "constructor", "length"] },
      ['"__proto__", "constructor", "length" not configured', PLATFORMS],
    ],
    ["publish as text", { cmd: "greet", publish: "false" }, ["publish: must be true or false"]],
    ["publish as number", { cmd: "greet", publish: 0 }, ["publish: must be true or false"]],
    ["publish of null", { cmd: "greet", publish: null }, ["publish: must be true or false"]],
    ["bases as text", { ...TAGGED, bases: "20260131" }, ['bases: must be a list such as ["20260131"]']],
    ["bases of null", { ...TAGGED, bases: null }, ["bases: must be a list"]],
    ["no base", { ...TAGGED, bases: [] }, ["bases: must name at least one base version; leave it out"]],
    [
      "too many bases",
      { ...TAGGED, bases: Array.from({ length: 51 }, (_, n) => `${n + 1}`) },
      ["bases: must name at most 50 base versions"],
    ],
    ["a base twice", { ...TAGGED, bases: ["1", "2", "1"] }, ["bases: must name each base version once"]],
    ["a base that is no text", { ...TAGGED, bases: ["1", 20260131] }, [`bases[1]: ${BASE}`]],
    ["a base that is a tag", { ...TAGGED, bases: ["v20260131"] }, [`bases[0]: ${BASE}`]],
    ["a base in another spelling", { ...TAGGED, bases: ["20260131.02"] }, [`bases[0]: ${BASE}`]],
    ["a base that leads elsewhere", { ...TAGGED, bases: ["../1"] }, [`bases[0]: ${BASE}`]],
    ["bases without a tag", { cmd: "greet", bases: ["1"] }, ["bases: only together with a recorded tag"]],
    [
      "the tag's own version as a base",
      { ...TAGGED, bases: ["1", "20260131.2"] },
      ["bases: must be other versions than the tag's"],
    ],
    [
      "bases that are to be published",
      { ...TAGGED, bases: ["1"], publish: true },
      ["publish: must not be true together with bases, which only makes patches"],
    ],
    [
      "bases without a tag that are to be published for a platform that is not configured",
      { cmd: "greet", bases: ["1"], publish: true, platforms: ["plan9-386"] },
      [
        "bases: only together with",
        "publish: must not be true",
        'platforms: "plan9-386" not configured',
        PLATFORMS,
      ],
    ],
    ["a field too many", { cmd: "greet", force: true }, ['unknown field "force"', FIELDS]],
    ["a field in other letters", { cmd: "greet", Tag: "v20260131" }, ['unknown field "Tag"', FIELDS]],
    ["a field that is ours", { cmd: "greet", recorded: true }, ['unknown field "recorded"', FIELDS]],
    ["a field constructor", { cmd: "greet", constructor: 1 }, ['unknown field "constructor"', FIELDS]],
    [
      "a field __proto__",
      JSON.parse('{"cmd":"greet","__proto__":{"tag":"v20260131"}}'),
      ['unknown field "__proto__"', FIELDS],
    ],
    [
      "every field wrong at once",
      { cmd: "gret", tag: "x", platforms: [], publish: 1, force: 1, yank: 1 },
      [
        'cmd: "gret" is not configured',
        CMD,
        TAG,
        "platforms: must name at least one platform",
        "publish: must be true or false",
        'unknown field "force", "yank"',
        FIELDS,
      ],
    ],
    [
      "a wrong tag, a platform that is not configured and a field too many",
      { cmd: "greet", tag: "x", platforms: ["plan9-386"], force: 1 },
      [TAG, 'platforms: "plan9-386" not configured', PLATFORMS, 'unknown field "force"', FIELDS],
    ],
    [
      "platforms of which one is no text and two are not configured",
      { cmd: "greet", platforms: ["plan9-386", 1, "linux-arm64"] },
      ["platforms[1]: must be a platform", 'platforms: "plan9-386", "linux-arm64" not configured', PLATFORMS],
    ],
  ])("%s", (_, input, parts) => {
    const error = errorOf(() => checkRequest(input, COMMANDS));
    expect(error.name).toBe("InvalidReleaseRequestError");
    for (const part of parts) expect(error.message).toContain(part);
    expect(error.message).toContain('The shortest right input is {"cmd":"greet"}.');
    expect(error.message).not.toContain("undefined");
  });

  it("and names only what is wrong", () => {
    const { message } = errorOf(() =>
      checkRequest({ cmd: "greet", tag: "x", publish: true, platforms: ["linux-amd64"] }, COMMANDS),
    );
    expect(message).not.toMatch(/cmd:|platforms:|publish:|bases:|unknown field/);
  });
});

describe("base versions are checked against the table", () => {
  const request = (fields: object) => checkRequest({ cmd: "greet", tag: "v20260131.2", ...fields }, COMMANDS);
  const ALL = '"linux-amd64", "darwin-arm64", "windows-amd64"';

  it.each([
    ["there are none, whatever is recorded", {}, false, []],
    ["the tag and every base are recorded", { bases: ["1", "2"] }, true, []],
  ])("and fine when %s", (_, fields, recorded, unknown) => {
    expect(() => checkBases(request(fields), recorded, unknown)).not.toThrow();
  });

  it.each([
    [
      "the tag is not recorded",
      false,
      [],
      "bases: only for a version that is recorded on all of its platforms, and v20260131.2 is not: release it first",
    ],
    ["neither is", false, ["1"], "bases: only for a version that is recorded on all of its platforms, and"],
    ["a base is not", true, ["2"], `bases: "2" not recorded for greet on any of ${ALL}`],
    ["no base is", true, ["1", "2"], `bases: "1", "2" not recorded for greet on any of ${ALL}`],
  ])("and refused when %s", (_, recorded, unknown, words) => {
    const error = errorOf(() => checkBases(request({ bases: ["1", "2"] }), recorded, unknown));
    expect(error.name).toBe("InvalidReleaseRequestError");
    expect(error.message).toContain(words);
  });

  it("on the platforms that are asked for", () => {
    const asked = request({ bases: ["1"], platforms: ["linux-amd64"] });
    const { message } = errorOf(() => checkBases(asked, true, ["1"]));
    expect(message).toBe('bases: "1" not recorded for greet on any of "linux-amd64"');
  });
});

it("a request for more patches than an execution can carry is refused", () => {
  const platforms = Array.from({ length: 21 }, (_, n) => `os-${n}`);
  const commands = { greet: { ...GREET, platforms } };
  const bases = Array.from({ length: 50 }, (_, n) => `${n + 1}`);
  const ask = (count: number) =>
    checkRequest({ cmd: "greet", tag: "v20260131.2", bases, platforms: platforms.slice(0, count) }, commands);
  expect(ask(20).bases).toHaveLength(50);
  expect(errorOf(() => ask(21)).message).toContain(
    "bases: times platforms are 1050 patches, at most 1000 in one execution; start several",
  );
});
