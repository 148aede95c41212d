import { expect, test } from "vitest";
import { askedFor } from "../../cli/execution/asked.ts";

test("a release's input is told as the options that say the same", () => {
  const input = { cmd: "greet", tag: "v20260131.2", platforms: ["a-b", "c-d"], bases: ["1"], publish: false };
  expect(askedFor("release", JSON.stringify(input))).toEqual({
    ...{ cmd: "greet", version: "20260131.2", action: "release" },
    options: { tag: " --tag v20260131.2", others: " --platforms a-b,c-d --bases 1 --no-publish" },
  });
});

test.each([
  ["not JSON", "{"],
  ["no object", "7"],
  ["nothing", "null"],
  [
    "names that are none",
    JSON.stringify({ cmd: "x\u001b]0;pwn\u0007; rm -rf ~", tag: "v1; ls", version: 7 }),
  ],
])("%s tells nothing that could be shown or typed again", (_name, input) => {
  expect(askedFor("release", input)).toEqual({
    ...{ cmd: undefined, version: undefined, action: "release" },
    options: { tag: "", others: "" },
  });
});

test("what is not a list of names is one quoted word of a shell, and cannot move the cursor", () => {
  const input = JSON.stringify({ platforms: ["a; rm -rf ~", "\u001b[2Jb"] });
  expect(askedFor("release", input).options.others).toBe(" --platforms 'a; rm -rf ~,b'");
});

test.each([
  [undefined, "promote"],
  [true, "yank"],
  [false, "restore"],
])("with yank %s a change is to %s", (yank, action) => {
  expect(askedFor("promote", JSON.stringify({ cmd: "greet", version: "1", yank })).action).toBe(action);
});
