import { describe, expect, it } from "vitest";
import { readModules } from "../../../lambda/shared/modules.ts";
import { errorOf } from "../support.ts";

const PATH = "\tpath\texample.com/tool";

describe("what `go version -m` says", () => {
  it("is the program, its modules and its settings", () => {
    const lines = [
      "binary: go1.26.8",
      PATH,
      "\tmod\texample.com/tool\t(devel)\t",
      "\tdep\texample.com/a\tv1.0.0\th1:aaa=",
      "\tdep\texample.com/b\tv2.0.0+incompatible",
      "\t=>\texample.com/fork\tv2.0.1\th1:bbb=",
      "\tdep\texample.com/c\tv0.0.0",
      "\t=>\t./c\t(devel)\t",
      "\tbuild\t-buildmode=exe",
      "\tbuild\tDefaultGODEBUG=a=0,b=1",
      "",
    ];
    expect(readModules(lines.join("\n"))).toEqual({
      goVersion: "1.26.8",
      packagePath: "example.com/tool",
      main: { path: "example.com/tool", version: "(devel)", sum: "" },
      dependencies: [
        { path: "example.com/a", version: "v1.0.0", sum: "h1:aaa=" },
        {
          path: "example.com/fork",
          version: "v2.0.1",
          sum: "h1:bbb=",
          replaces: "example.com/b v2.0.0+incompatible",
        },
        { path: "./c", version: "(devel)", sum: "", replaces: "example.com/c v0.0.0" },
      ],
      settings: ["-buildmode=exe", "DefaultGODEBUG=a=0,b=1"],
    });
  });

  it.each([
    ["a program built without modules", `binary: go1.26.8\n\tpath\tcommand-line-arguments\n`, "1.26.8"],
    ["an experiment behind the version", `binary: go1.26.8 X:rangefunc\n${PATH}\n`, "1.26.8"],
    ["a candidate", `binary: go1.27rc1\n${PATH}\n`, "1.27rc1"],
  ])("can be of %s", (_, text, goVersion) => {
    expect(readModules(text)).toMatchObject({ goVersion, dependencies: [] });
    expect(readModules(text).main).toBeUndefined();
  });

  it.each([
    ["nothing", ""],
    ["a message", "binary: could not read Go build info: unrecognized file format"],
    ["no main package", "binary: go1.26.8\n"],
    ["a line of another kind", `binary: go1.26.8\n${PATH}\n\tsurprise\tx\n`],
    ["a replacement of nothing", `binary: go1.26.8\n${PATH}\n\t=>\tx\tv1.0.0\t\n`],
  ])("cannot be %s", (_, text) => {
    expect(errorOf(() => readModules(text)).message).toContain("`go version -m`");
  });
});
