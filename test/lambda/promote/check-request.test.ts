import { describe, expect, it } from "vitest";
import { checkRequest } from "../../../lambda/promote/check-request.ts";
import { errorOf } from "../support.ts";

const COMMANDS = ["greet", "greet-canary"];
const ASKED = { cmd: "greet", version: "20260131.2" };
const PROMOTION = { ...ASKED, action: "promote", force: false, reason: "" };

describe("a right input", () => {
  it.each([
    ["promotes a version", ASKED, PROMOTION],
    ["may go back", { ...ASKED, force: true }, { ...PROMOTION, force: true }],
    ["may say that it does not", { ...ASKED, force: false }, PROMOTION],
    ["names the revision that it changes", { ...ASKED, revision: 7 }, { ...PROMOTION, revision: 7 }],
    ["names that nothing was current", { ...ASKED, revision: 0 }, { ...PROMOTION, revision: 0 }],
    [
      "withdraws a version",
      { ...ASKED, yank: true, reason: "läuft nicht" },
      { ...PROMOTION, action: "yank", reason: "läuft nicht" },
    ],
    [
      "withdraws it for a long reason",
      { ...ASKED, yank: true, reason: "x".repeat(500) },
      { ...PROMOTION, action: "yank", reason: "x".repeat(500) },
    ],
    [
      "withdraws it for a long reason in another script",
      { ...ASKED, yank: true, reason: "ж".repeat(250) },
      { ...PROMOTION, action: "yank", reason: "ж".repeat(250) },
    ],
    [
      "withdraws a version of a command that has left the configuration",
      { ...ASKED, cmd: "retired", yank: true, reason: "unsafe" },
      { ...PROMOTION, cmd: "retired", action: "yank", reason: "unsafe" },
    ],
    ["undoes that", { ...ASKED, yank: false }, { ...PROMOTION, action: "restore" }],
  ])("%s", (_, input, expected) => expect(checkRequest(input, COMMANDS)).toEqual(expected));
});

describe("a wrong input fails with every field that is wrong and the shortest right one", () => {
  const SHORTEST = 'The shortest right input is {"cmd":"greet","version":"20260131"}.';
  const YANK = '{"cmd":"greet","version":"20260131","yank":true,"reason":"does not start"}.';
  const VERSION = "must be a version such as 20260131 or 20260131.2, without v";
  const REVISION = "must be the number of the revision of current that the promotion is meant to change";
  const REASON = "reason: must be one line of 1 to 500 bytes in UTF-8";
  it.each<[string, unknown, string[]]>([
    ["nothing", undefined, ["the input must be a JSON object", SHORTEST]],
    ["a list", [ASKED], ["the input must be a JSON object", SHORTEST]],
    [
      "an empty object",
      {},
      ['cmd: missing; the commands are "greet", "greet-canary"', `version: ${VERSION}`, SHORTEST],
    ],
    [
      "a withdrawal from what is no command's name",
      { ...ASKED, cmd: "../greet", yank: false },
      ['cmd: "../greet" is not configured'],
    ],
    [
      "a promotion of a command that has left the configuration",
      { ...ASKED, cmd: "retired" },
      ['cmd: "retired" is not configured'],
    ],
    ["an unknown command", { ...ASKED, cmd: "toString" }, ['cmd: "toString" is not configured']],
    ["a tag for a version", { ...ASKED, version: "v20260131" }, [`version: ${VERSION}`]],
    ["a number for a version", { ...ASKED, version: 20260131 }, [`version: ${VERSION}`]],
    ["force as text", { ...ASKED, force: "true" }, ["force: must be true or false"]],
    [
      "yank as text",
      { ...ASKED, yank: "yes", reason: "x" },
      ["yank: must be true (withdraw the version) or false"],
    ],
    ["yank of null", { ...ASKED, yank: null }, ["yank: must be true"]],
    ["a yank without a reason", { ...ASKED, yank: true }, ["reason: missing; say why", YANK]],
    ["a yank with an empty reason", { ...ASKED, yank: true, reason: "" }, [REASON]],
    ["a yank with a reason of spaces", { ...ASKED, yank: true, reason: "  " }, [REASON]],
    ["a yank with a reason of two lines", { ...ASKED, yank: true, reason: "a\nb" }, [REASON]],
    ["a yank with half a character", { ...ASKED, yank: true, reason: "\ud800" }, [REASON]],
    ["a yank with too long a reason", { ...ASKED, yank: true, reason: "x".repeat(501) }, [REASON]],
    ["a yank with too many bytes", { ...ASKED, yank: true, reason: "ж".repeat(251) }, [REASON]],
    ["a yank with a line separator", { ...ASKED, yank: true, reason: "a\u2028b" }, [REASON]],
    ["a yank with a paragraph separator", { ...ASKED, yank: true, reason: "a\u2029b" }, [REASON]],
    ["a reason for a promotion", { ...ASKED, reason: "x" }, ['reason: only together with "yank": true']],
    [
      "a reason for undoing",
      { ...ASKED, yank: false, reason: "x" },
      ['reason: only together with "yank": true'],
    ],
    ["a revision as text", { ...ASKED, revision: "7" }, [`revision: ${REVISION}`]],
    ["a revision below none", { ...ASKED, revision: -1 }, [`revision: ${REVISION}`]],
    ["half a revision", { ...ASKED, revision: 1.5 }, [`revision: ${REVISION}`]],
    ["a revision of null", { ...ASKED, revision: null }, [`revision: ${REVISION}`]],
    [
      "a yank at a revision",
      { ...ASKED, yank: true, reason: "x", revision: 7 },
      ["revision: only for a promotion; a yank is right whatever else has changed"],
    ],
    ["its undoing at a revision", { ...ASKED, yank: false, revision: 7 }, ["revision: only for a promotion"]],
    ["a forced yank", { ...ASKED, yank: true, reason: "x", force: true }, ["force: only for a promotion"]],
    [
      "a field too many",
      { ...ASKED, tag: "v20260131" },
      ['unknown field "tag"; the fields are "cmd", "version"'],
    ],
    [
      "several things, all of which are told",
      { cmd: "x", version: "1.0", yank: true, more: 1 },
      [`version: ${VERSION}`, 'unknown field "more"', "reason: missing"],
    ],
  ])("%s", (_, input, says) => {
    const error = errorOf(() => checkRequest(input, COMMANDS));
    expect(error.name).toBe("InvalidPromoteRequestError");
    for (const words of says) expect(error.message).toContain(words);
  });
});
