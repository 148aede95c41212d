import { describe, expect, it } from "vitest";
import { readReport } from "../../../lambda/shared/report.ts";
import { errorOf, fileText } from "../support.ts";

const HEX = "00ff".repeat(16);
const BASE64 = Buffer.from(HEX, "hex").toString("base64");
const base64 = (text: string) => Buffer.from(text).toString("base64");

describe("a build's report", () => {
  it.each([
    ["nothing", "", []],
    ["a stored platform", `linux-amd64\tstored\t${HEX}\n`, [{ outcome: "stored", sha256: BASE64 }]],
    ["a platform that was there", `linux-amd64\tpresent\t${HEX}\n`, [{ outcome: "present", sha256: BASE64 }]],
    [
      "a platform that failed, with the compiler's lines",
      `linux-amd64\tfailed\t${base64("./main.go:1:2: größer\n\ttab, x\n")}\n`,
      [{ outcome: "failed", message: "./main.go:1:2: größer\n\ttab, x" }],
    ],
    ["a failure without words", "linux-amd64\tfailed\t\n", [{ outcome: "failed", message: "" }]],
    [
      "what Go says of a program",
      `linux-amd64\tstored\t${HEX}\t${base64("binary: go1.26.8\n\tpath\tx\n")}\n`,
      [{ outcome: "stored", sha256: BASE64, modules: "binary: go1.26.8\n\tpath\tx\n" }],
    ],
    ["a last line without its end", `linux-amd64\tstored\t${HEX}`, [{ outcome: "stored", sha256: BASE64 }]],
  ])("can hold %s", (_, text, rows) => {
    const platforms = rows.map((row) => ({ platform: "linux-amd64", ...row }));
    expect(readReport(text)).toEqual({ settings: {}, platforms });
  });

  it("tells how all of it was built, and evaluates nothing", () => {
    const lines = [
      `flags\tset\t${base64("-trimpath\n-ldflags\n-s -w")}`,
      `HKDIST_MAIN_PACKAGE\tset\t${base64("$(touch pwned)")}`,
      "HKDIST_EMPTY\tset\t",
    ];
    expect(readReport(`${lines.join("\n")}\n`)).toEqual({
      settings: {
        flags: "-trimpath\n-ldflags\n-s -w",
        HKDIST_MAIN_PACKAGE: "$(touch pwned)",
        HKDIST_EMPTY: "",
      },
      platforms: [],
    });
  });

  it("keeps the platforms in order", () => {
    const text = `b\tstored\t${HEX}\na\tfailed\t${base64("x")}\nc\tpresent\t${HEX}\n`;
    expect(readReport(text).platforms.map(({ platform, outcome }) => `${platform} ${outcome}`)).toEqual([
      "b stored",
      "a failed",
      "c present",
    ]);
  });

  it.each([
    ["another outcome", `linux-amd64\tskipped\t${HEX}`],
    ["no outcome", "linux-amd64"],
    ["no hash", "linux-amd64\tstored\t"],
    ["a hash that is cut short", `linux-amd64\tstored\t${HEX.slice(2)}`],
    ["a hash in large letters", `linux-amd64\tstored\t${HEX.toUpperCase()}`],
    ["a hash in base64", `linux-amd64\tstored\t${BASE64}`],
    ["spaces for tabs", `linux-amd64 stored ${HEX}`],
    ["an error page", "<html>"],
  ])("cannot hold %s, and the error shows the line", (_, line) => {
    const text = `darwin-arm64\tstored\t${HEX}\n${line}\n`;
    expect(errorOf(() => readReport(text)).message).toContain(JSON.stringify(line));
  });

  it("has the outcomes that build.sh writes", () => {
    const written = fileText("buildspec/build.sh").match(/'%s\\t.*\\n'/g);
    expect(written).toEqual(["'%s\\tfailed\\t%s\\n'", "'%s\\tset\\t%s\\n'", "'%s\\t%s\\t%s\\t%s\\n'"]);
    const states = [...fileText("buildspec/common.sh").matchAll(/^ +echo (stored|present)$/gm)];
    expect(states.map(([, state]) => state)).toEqual(["stored", "present"]);
  });
});
