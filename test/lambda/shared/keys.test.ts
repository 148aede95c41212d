import { describe, expect, it } from "vitest";
import {
  artifactItemKey,
  artifactObjectKey,
  currentItemKey,
  executionOfReport,
  historyItemKey,
  historyPartition,
  laterProvenanceObjectKey,
  parseArtifactObjectKey,
  parseDocumentObjectKey,
  parsePatchObjectKey,
  parseProvenanceObjectKey,
  patchItemKey,
  patchObjectKey,
  patchPartition,
  patchPrefix,
  planObjectKey,
  provenanceObjectKey,
  refusedItemKey,
  reportObjectKey,
  reportsPrefix,
  SOURCES_PREFIX,
  sbomObjectKey,
  sourceItemKey,
  versionPrefix,
} from "../../../lambda/shared/keys.ts";
import { fileText } from "../support.ts";

describe("an artifact's object key", () => {
  it.each([
    [{ cmd: "greet", version: "20260131.1", platform: "linux-amd64" }, "greet/20260131.1/linux-amd64.gz"],
    [{ cmd: "hk", version: "20140529", platform: "windows-386" }, "hk/20140529/windows-386.gz"],
    [{ cmd: "current", version: "0", platform: "a" }, "current/0/a.gz"],
    [
      { cmd: "c".repeat(64), version: "999999999.999999999", platform: "p".repeat(64) },
      `${"c".repeat(64)}/999999999.999999999/${"p".repeat(64)}.gz`,
    ],
  ])("of %j is %j, and reads back", (id, key) => {
    expect(artifactObjectKey(id)).toBe(key);
    expect(parseArtifactObjectKey(key)).toEqual(id);
  });

  it.each([
    "",
    "/",
    "greet",
    "greet/1",
    "greet/1/",
    "greet/1/.gz",
    "/1/linux-amd64.gz",
    "greet//linux-amd64.gz",
    "/greet/1/linux-amd64.gz",
    "greet/1/linux-amd64",
    "greet/1/linux-amd64.gz/",
    "greet/1/linux-amd64.gz/d",
    "a/b/c.gz/d",
    "greet/1/2/linux-amd64.gz",
    "greet/1/linux-amd64.GZ",
    "greet/1/linux-amd64.gz.gz",
    "greet/1/linux-amd64.json",
    "../x",
    "../1/linux-amd64.gz",
    "greet/../linux-amd64.gz",
    "greet/1/..gz",
    "greet/v1/linux-amd64.gz",
    "greet/01/linux-amd64.gz",
    "greet/1.0/linux-amd64.gz",
    "greet/current/linux-amd64.gz",
    "gr eet/1/linux-amd64.gz",
    "greet/1/linux amd64.gz",
    "greet/ 1/linux-amd64.gz",
    "grüße/1/linux-amd64.gz",
    "greet/１/linux-amd64.gz",
    "greet/1/linux_amd64.gz",
    "greet%2F1%2Flinux-amd64.gz",
    "greet\\1\\linux-amd64.gz",
    "greet/1/linux-amd64.gz\n",
    `${"c".repeat(65)}/1/linux-amd64.gz`,
    `greet/1/${"p".repeat(65)}.gz`,
    `greet/1234567890/linux-amd64.gz`,
    "x".repeat(1024),
  ])("is not %j", (key) => expect(parseArtifactObjectKey(key)).toBeUndefined());
});

describe("a patch's object key", () => {
  it.each([
    [
      { cmd: "greet", from: "20260101", to: "20260131.1", platform: "linux-amd64" },
      "greet/20260101/20260131.1/linux-amd64",
    ],
    [
      { cmd: "hk", from: "20140530", to: "20140529", platform: "windows-386" },
      "hk/20140530/20140529/windows-386",
    ],
  ])("of %j is %j, which is no artifact's", (id, key) => {
    expect(patchObjectKey(id)).toBe(key);
    expect(parseArtifactObjectKey(key)).toBeUndefined();
  });

  it("never ends in .gz, by which S3 tells the recorder", () => {
    const key = patchObjectKey({ cmd: "a", from: "1", to: "2", platform: "gz" });
    expect(key.endsWith(".gz")).toBe(false);
  });
});

describe("table keys", () => {
  it.each([
    [
      "an artifact",
      artifactItemKey({ cmd: "greet", version: "20260131.2", platform: "linux-amd64" }),
      { pk: "artifact", sk: "greet#020260131.000000002#linux-amd64" },
    ],
    ["a refused object", refusedItemKey("greet/1/x.gz", "v7"), { pk: "refused", sk: "greet/1/x.gz#v7" }],
    ["current", currentItemKey("greet"), { pk: "current", sk: "greet" }],
    ["a history entry", historyItemKey("greet", 12), { pk: "history#greet", sk: "000000012" }],
    [
      "a patch",
      patchItemKey({ cmd: "greet", from: "20260101", to: "20260131.2", platform: "linux-amd64" }),
      { pk: "patch#greet", sk: "020260131.000000002#linux-amd64#20260101" },
    ],
    ["a source", sourceItemKey("greet", "20260131"), { pk: "source#greet", sk: "020260131.000000000" }],
  ])("of %s", (_, key, expected) => expect(key).toEqual(expected));

  it("of one version have a prefix that no other version or command shares", () => {
    const prefix = versionPrefix("greet", "2026");
    const key = (cmd: string, version: string) =>
      artifactItemKey({ cmd, version, platform: "linux-amd64" }).sk;

    expect(key("greet", "2026").startsWith(prefix)).toBe(true);
    for (const [cmd, version] of [
      ["greet", "2026.1"],
      ["greet", "20260"],
      ["greet", "202"],
      ["greet-canary", "2026"],
      ["gree", "2026"],
    ] as const) {
      expect(key(cmd, version).startsWith(prefix), `${cmd} ${version}`).toBe(false);
    }
  });

  it("of artifacts sort by command, then by version, then by platform", () => {
    const ids = [
      ["greet", "9", "linux-amd64"],
      ["greet", "10", "darwin-arm64"],
      ["greet", "10", "linux-amd64"],
      ["greet", "10.2", "linux-amd64"],
      ["greet", "10.10", "linux-amd64"],
      ["hk", "1", "linux-amd64"],
    ] as const;
    const keys = ids.map(([cmd, version, platform]) => artifactItemKey({ cmd, version, platform }).sk);
    expect(keys.toSorted()).toEqual(keys);
  });

  it("of patches to one version have a prefix that those to no other version share", () => {
    const key = (to: string, from = "1") =>
      patchItemKey({ cmd: "greet", from, to, platform: "linux-amd64" }).sk;
    expect(key("2026").startsWith(patchPrefix("2026"))).toBe(true);
    for (const to of ["2026.1", "20260", "202"]) {
      expect(key(to, "2026").startsWith(patchPrefix("2026")), to).toBe(false);
    }
  });

  it("of patches tell the patch, and no other key does", () => {
    const id = { cmd: "greet", from: "20260101", to: "20260131.1", platform: "linux-amd64" };
    expect(parsePatchObjectKey(patchObjectKey(id))).toEqual(id);
    for (const key of [
      "greet/1/linux-amd64.gz",
      "greet/1/2/x.gz",
      "greet/1/02/x",
      "greet/1/2/3/x",
      "greet/1/2/",
      "",
    ])
      expect([key, parsePatchObjectKey(key)]).toEqual([key, undefined]);
  });

  it("of patches are a partition of their own for each command", () => {
    const partitions = ["greet", "greet-canary", "gree"].map(patchPartition);
    expect(partitions).toEqual(["patch#greet", "patch#greet-canary", "patch#gree"]);
    const id = { cmd: "greet", from: "1", to: "2", platform: "linux-amd64" };
    expect(patchItemKey(id).pk).toBe(patchPartition("greet"));
  });

  it("of patches differ when anything about the patch does", () => {
    const id = { cmd: "greet", from: "1", to: "2", platform: "linux-amd64" };
    const others = [
      { cmd: "hk" },
      { from: "1.1" },
      { to: "2.1" },
      { platform: "linux-arm" },
      { from: "2", to: "1" },
    ];
    for (const key of [patchObjectKey, (one: typeof id) => JSON.stringify(patchItemKey(one))]) {
      const keys = [id, ...others.map((other) => ({ ...id, ...other }))].map(key);
      expect(new Set(keys).size).toBe(keys.length);
    }
  });

  it("of history sort by revision", () => {
    const keys = [1, 2, 9, 10, 99, 100, 1_000_000].map((revision) => historyItemKey("greet", revision).sk);
    expect(keys.toSorted()).toEqual(keys);
    expect(historyPartition("greet")).not.toBe(historyPartition("greet-canary"));
  });
});

describe("keys of documents", () => {
  const id = { cmd: "greet", version: "20260131.1", platform: "linux-amd64" };
  const keys = [sbomObjectKey(id), provenanceObjectKey(id.cmd, id.version), laterProvenanceObjectKey(id)];

  it("are beside the artifacts, and are no artifact's", () => {
    expect(keys).toEqual([
      "greet/20260131.1/linux-amd64.cdx.json",
      "greet/20260131.1/provenance.json",
      "greet/20260131.1/linux-amd64.provenance.json",
    ]);
    for (const key of keys) expect(parseArtifactObjectKey(key)).toBeUndefined();
  });

  it("tell what they are about, and no other key does", () => {
    const [bom = "", statement = "", later = ""] = keys;
    const about = (key: string) => [parseDocumentObjectKey(key), parseProvenanceObjectKey(key)];
    expect(about(bom)).toEqual([id, undefined]);
    expect(about(later)).toEqual([id, undefined]);
    expect(about(statement)).toEqual([undefined, { cmd: id.cmd, version: id.version }]);
    for (const key of [
      artifactObjectKey(id),
      "greet/20260131.1/linux-amd64.json",
      "greet/20260131.1/linux_amd64.cdx.json",
      "greet/020/linux-amd64.cdx.json",
      "greet/20260131.1/x/linux-amd64.cdx.json",
      "greet/20260131.1/x/provenance.json",
      "greet/v1/provenance.json",
      "provenance.json",
      "",
    ]) {
      expect([key, ...about(key)]).toEqual([key, undefined, undefined]);
    }
  });
});

describe("keys in the sources bucket", () => {
  it("are unique per command, execution and batch, under the prefixes that roles are given", () => {
    expect(planObjectKey("greet", "run-1", 0)).toBe("plans/greet/run-1/0.tsv");
    expect(reportObjectKey("greet", "20260131.1", "run-1", 1)).toBe("reports/greet/20260131.1/run-1/1.tsv");
    expect(executionOfReport(reportObjectKey("greet", "20260131.1", "run-1", 1))).toBe("run-1");
    expect(planObjectKey("greet", "run-1", 0).startsWith(`${SOURCES_PREFIX.plans}/greet/`)).toBe(true);
    const report = reportObjectKey("greet", "20260131.1", "run-1", 0);
    expect(report.startsWith(`${SOURCES_PREFIX.reports}/greet/`)).toBe(true);
    expect(report.startsWith(reportsPrefix("greet", "20260131.1"))).toBe(true);
    expect(report.startsWith(reportsPrefix("greet", "20260131"))).toBe(false);
  });

  it("of archives, which source.sh makes, have the prefix of the command too", () => {
    const script = fileText("buildspec/source.sh");
    expect(script).toContain(`ARCHIVE_KEY=${SOURCES_PREFIX.archives}/$command/`);
  });
});
