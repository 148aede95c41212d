import { Spec, Validation } from "@cyclonedx/cyclonedx-library";
import { describe, expect, it } from "vitest";
import { sbomOf, sha256OfSbom } from "../../../lambda/describe/sbom.ts";
import { artifact, sha256 } from "../support.ts";

const MODULES = [
  "binary: go1.26.8",
  "\tpath\tgithub.com/Some/Tool/v2/cmd/tool",
  "\tmod\tgithub.com/Some/Tool/v2\t(devel)\t",
  "\tdep\tgolang.org/x/sys\tv0.0.0-20210615035016-665e8c7367d1\th1:sys=",
  "\tdep\texample.com/b\tv2.0.0+incompatible\th1:b=",
  "\tdep\texample.com/c\tv1.0.0",
  "\t=>\t./c\t(devel)\t",
  "\tbuild\tCGO_ENABLED=0",
  "\tbuild\tGOOS=linux",
  "",
].join("\n");
const ARTIFACT = artifact("greet", "20260131.1", "linux-amd64", sha256(7));

describe("a bill of materials", () => {
  const text = sbomOf(ARTIFACT, MODULES);
  const bom = JSON.parse(text);

  it("is CycloneDX 1.6, by the official schema", async () => {
    const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot6);
    expect(await validator.validate(text)).toBeNull();
    // And the validator does find mistakes.
    expect(await validator.validate(text.replace('"library"', '"librarian"'))).not.toBeNull();
  });

  it("names the program, by the hash of its binary", () => {
    expect(bom.metadata.component).toMatchObject({
      type: "application",
      name: "greet",
      version: "20260131.1",
      hashes: [{ alg: "SHA-256", content: Buffer.from(sha256(7), "base64").toString("hex") }],
    });
    expect(bom.metadata.component.properties).toEqual(
      expect.arrayContaining([
        { name: "hkdist:platform", value: "linux-amd64" },
        { name: "hkdist:go:package", value: "github.com/Some/Tool/v2/cmd/tool" },
        { name: "hkdist:go:module", value: "github.com/Some/Tool/v2" },
        { name: "hkdist:go:build", value: "CGO_ENABLED=0" },
        { name: "hkdist:go:build", value: "GOOS=linux" },
      ]),
    );
    expect(sha256OfSbom(text)).toBe(Buffer.from(sha256(7), "base64").toString("hex"));
  });

  it("names every module, and Go's own library, as those who know of their holes do", () => {
    const purls = bom.components.map(({ name, purl }: { name: string; purl?: string }) => [name, purl]);
    expect(Object.fromEntries(purls)).toEqual({
      stdlib: "pkg:golang/stdlib@1.26.8",
      "golang.org/x/sys": "pkg:golang/golang.org/x/sys@v0.0.0-20210615035016-665e8c7367d1",
      "example.com/b": "pkg:golang/example.com/b@v2.0.0%2Bincompatible",
      "./c": undefined,
    });
    const replaced = bom.components.find(({ name }: { name: string }) => name === "./c");
    expect(replaced.properties).toEqual([{ name: "hkdist:go:replaces", value: "example.com/c v1.0.0" }]);
    const [{ dependsOn }] = bom.dependencies.filter(
      (one: { dependsOn?: string[] }) => one.dependsOn !== undefined,
    );
    expect(dependsOn).toHaveLength(4);
  });

  it("is the same every time", () => {
    expect(sbomOf(ARTIFACT, MODULES)).toBe(text);
    expect(text).not.toMatch(/20\d\d-\d\d-\d\dT/);
  });
});

describe("what is no bill of materials", () => {
  it.each(["null", "{}", '{"metadata":{"component":{}}}', "[]"])("%s is about nothing", (text) =>
    expect(sha256OfSbom(text)).toBeUndefined());
});
