import { beforeEach, describe, expect, it } from "vitest";
import { type Describer, describeRelease } from "../../../lambda/describe/describe.ts";
import type { Provenance } from "../../../lambda/describe/provenance.ts";
import { planBatches } from "../../../lambda/plan/batches.ts";
import type { Artifact } from "../../../lambda/shared/artifacts.ts";
import { planObjectKey, reportObjectKey } from "../../../lambda/shared/keys.ts";
import type { DescribeEvent } from "../../../lambda/shared/payloads.ts";
import { clientOf, MemoryBucket } from "../memory-bucket.ts";
import { artifactItem, MemoryTable, sourceItem } from "../memory-table.ts";
import { artifact, SOURCE, sha256 } from "../support.ts";

const { cmd, version } = SOURCE;
const HASHES: Record<string, string> = {
  "linux-amd64": sha256(1),
  "darwin-arm64": sha256(2),
  "windows-386": sha256(3),
};
const FIRST = `${cmd}/${version}/provenance.json`;
const sbomKey = (platform: string) => `${cmd}/${version}/${platform}.cdx.json`;
const laterKey = (platform: string) => `${cmd}/${version}/${platform}.provenance.json`;
const hex = (base64 = "") => Buffer.from(base64, "base64").toString("hex");
const base64 = (text: string) => Buffer.from(text).toString("base64");

const MODULES = base64("binary: go1.26.8\n\tpath\texample.com/greet\n");

let artifacts: MemoryBucket;
let sources: MemoryBucket;
beforeEach(() => {
  artifacts = new MemoryBucket("artifacts");
  sources = new MemoryBucket("sources");
});

const recorded = (platform: string): Artifact => ({
  ...artifact(cmd, version, platform, HASHES[platform]),
  s3Checksum: sha256(9),
});

function describer(...rows: Artifact[]): Describer {
  return {
    table: new MemoryTable([sourceItem(SOURCE), ...rows.map(artifactItem)]),
    s3: clientOf(artifacts, sources),
    artifactsBucket: artifacts.name,
    sourcesBucket: sources.name,
    artifactsUrl: "https://artifacts.example/",
  };
}

const everything = () => describer(...Object.keys(HASHES).map(recorded));

function release(
  platforms: string[],
  request: Partial<DescribeEvent["request"]> = {},
): Omit<DescribeEvent, "execution"> {
  const projects = { sourceProject: "source", buildProject: "build" };
  const asked = { cmd, tag: "", version: "", publish: true, recorded: false, bases: [] };
  const repository = "https://example.com/greet.git";
  return {
    request: { ...asked, ...projects, repository, platforms, ...request },
    plan: { version, batches: [] },
  };
}

/** Leaves the report of a build that made these platforms. */
function report(
  execution: string,
  platforms: string[],
  { outcome = "stored", mainPackage = ".", batch = 0, version: of = version } = {},
): void {
  const settings = {
    archiveKey: SOURCE.archiveKey,
    archiveSha256: SOURCE.archiveSha256,
    flags: "-trimpath\n-ldflags\n-s -w",
    HKDIST_COMMAND: cmd,
    HKDIST_MAIN_PACKAGE: mainPackage,
  };
  const lines = [
    ...Object.entries(settings).map(([name, text]) => `${name}\tset\t${base64(text)}`),
    ...platforms.map((platform) => `${platform}\t${outcome}\t${hex(HASHES[platform])}\t${MODULES}`),
  ];
  storeReport(execution, `${lines.join("\n")}\n`, platforms, { batch, version: of });
}

/** The plan of a build, and what it left. */
function storeReport(
  execution: string,
  text: string,
  platforms: string[],
  { batch = 0, version: of = version } = {},
): void {
  const reportKey = reportObjectKey(cmd, of, execution, batch);
  const [plan] = planBatches({ ...SOURCE, version: of }, platforms, execution, 1);
  const planText = (plan?.text ?? "").replace(/^reportKey\t.*$/m, `reportKey\t${reportKey}`);
  sources.store(planObjectKey(cmd, execution, batch), Buffer.from(planText));
  sources.store(reportKey, Buffer.from(text));
}

const statement = (key: string) => JSON.parse(String(artifacts.newest(key)?.body)) as Provenance;
const errorOf = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail("it succeeded"),
    (error: Error) => error,
  );

describe("a release's documents", () => {
  it("are a bill of materials for each platform, and one statement about all of them", async () => {
    report("run-1", ["linux-amd64", "darwin-arm64"]);
    const event = release(["linux-amd64", "darwin-arm64"]);
    const { documents } = await describeRelease(everything(), event);

    expect(documents.toSorted()).toEqual([sbomKey("darwin-arm64"), sbomKey("linux-amd64"), FIRST]);
    expect(artifacts.objects.map(({ key }) => key).toSorted()).toEqual(documents.toSorted());
    expect(artifacts.newest(FIRST)?.more).toMatchObject({
      ContentType: "application/json",
      CacheControl: "public, max-age=31536000, immutable",
    });
    expect(artifacts.newest(sbomKey("linux-amd64"))?.more).toMatchObject({
      ContentType: "application/vnd.cyclonedx+json",
    });
    expect(statement(FIRST)).toEqual({
      _type: "https://in-toto.io/Statement/v1",
      subject: ["darwin-arm64", "linux-amd64"].flatMap((platform) => [
        { name: `${cmd}/${version}/${platform}`, digest: { sha256: hex(HASHES[platform]) } },
        { name: `${cmd}/${version}/${platform}.gz`, digest: { sha256: hex(sha256(9)) } },
      ]),
      predicateType: "https://slsa.dev/provenance/v1",
      predicate: {
        buildDefinition: {
          buildType: "urn:hkdist:go-build:1",
          externalParameters: {
            repository: "https://example.com/greet.git",
            tag: SOURCE.tag,
            builds: [
              {
                platforms: ["darwin-arm64", "linux-amd64"],
                execution: "run-1",
                archive: { key: SOURCE.archiveKey, sha256: SOURCE.archiveSha256 },
                settings: { HKDIST_COMMAND: cmd, HKDIST_MAIN_PACKAGE: "." },
                flags: ["-trimpath", "-ldflags", "-s -w"],
              },
            ],
          },
          internalParameters: { goVersion: "1.26.8" },
          resolvedDependencies: [
            {
              uri: `git+https://example.com/greet.git@refs/tags/${SOURCE.tag}`,
              digest: { gitCommit: SOURCE.commit },
              annotations: {
                tagObject: SOURCE.tagObject,
                tagDate: SOURCE.tagDate,
                commitDate: SOURCE.commitDate,
                signer: "",
              },
            },
            { name: SOURCE.archiveKey, digest: { sha256: SOURCE.archiveSha256 } },
            { uri: "pkg:golang/toolchain@1.26.8" },
          ],
        },
        runDetails: { builder: { id: "https://artifacts.example/" } },
      },
    });
  });

  it("tell the same whatever order was asked for, and not where the deployment keeps its archives", async () => {
    report("run-2", ["windows-386", "linux-amd64"]);
    report("run-1", ["darwin-arm64"]);
    await describeRelease(everything(), release(["windows-386", "linux-amd64", "darwin-arm64"]));
    const first = String(artifacts.newest(FIRST)?.body);
    artifacts.objects.length = 0;
    await describeRelease(everything(), release(["darwin-arm64", "linux-amd64", "windows-386"]));
    expect(String(artifacts.newest(FIRST)?.body)).toBe(first);
    expect(first).not.toContain("s3://");
  });

  it("are found by a release that does it again, which needs no report any more", async () => {
    report("run-1", ["linux-amd64"]);
    const event = release(["linux-amd64"]);
    const first = await describeRelease(everything(), event);
    sources.objects.length = 0;
    artifacts.requests.length = 0;
    expect(await describeRelease(everything(), event)).toEqual(first);
    expect(artifacts.requests.filter((request) => request.startsWith("PUT"))).toEqual([]);
  });

  it("come from the reports of all executions: one that stored it before one that found it there", async () => {
    report("run-0", ["linux-amd64"], { outcome: "present" });
    report("run-1", ["linux-amd64"]);
    report("run-2", ["darwin-arm64"], { mainPackage: "./cmd/greet" });
    report("run-2", ["windows-386"], { mainPackage: "./cmd/greet", batch: 1 });
    report("run-9", ["windows-386"], { version: "20260131.10" });
    await describeRelease(everything(), release(Object.keys(HASHES)));
    const { builds } = statement(FIRST).predicate.buildDefinition.externalParameters;
    expect(builds.map(({ execution, platforms }) => [execution, platforms])).toEqual([
      ["run-1", ["linux-amd64"]],
      ["run-2", ["darwin-arm64"]],
      ["run-2", ["windows-386"]],
    ]);
    expect(builds[1]?.settings).toMatchObject({ HKDIST_MAIN_PACKAGE: "./cmd/greet" });
  });

  it("come from no report that cannot be read, is too large, or that no plan asked for", async () => {
    const forged = [
      `archiveSha256\tset\t${base64("d".repeat(64))}`,
      `linux-amd64\tstored\t${hex(HASHES["linux-amd64"])}\t${MODULES}`,
    ].join("\n");
    storeReport("run-0", "junk", ["linux-amd64"]);
    storeReport("run-00", forged.replace(MODULES, base64("junk")), ["linux-amd64"]);
    storeReport("run-000", `${forged}\n`.repeat(30_000), ["linux-amd64"]);
    storeReport("run-0000", forged, ["darwin-arm64"]);
    // Its plan is another version's, has another key, or is not there.
    sources.store(reportObjectKey(cmd, version, "old", 0), Buffer.from(forged));
    report("old", ["linux-amd64"], { version: "20260131" });
    for (const key of ["run-1/00.tsv", "run-1/x.tsv", "a/0.tsv", "0.tsv", "a/b/c/0.tsv"]) {
      sources.store(`reports/${cmd}/${version}/${key}`, Buffer.from(forged));
    }
    report("run-1", ["linux-amd64"]);
    await describeRelease(everything(), release(["linux-amd64"]));
    expect(statement(FIRST).predicate.buildDefinition.externalParameters.builds).toMatchObject([
      { execution: "run-1", archive: { sha256: SOURCE.archiveSha256 } },
    ]);
  });

  it("name the archive of the plan, whatever the report says", async () => {
    const lines = [
      `archiveKey\tset\t${base64("sources/other.tar.gz")}`,
      `archiveSha256\tset\t${base64("d".repeat(64))}`,
      `linux-amd64\tstored\t${hex(HASHES["linux-amd64"])}\t${MODULES}`,
    ];
    storeReport("run-1", `${lines.join("\n")}\n`, ["linux-amd64"]);
    await describeRelease(everything(), release(["linux-amd64"]));
    const [build] = statement(FIRST).predicate.buildDefinition.externalParameters.builds;
    expect(build?.archive).toEqual({ key: SOURCE.archiveKey, sha256: SOURCE.archiveSha256 });
    expect(build?.settings).toEqual({});
  });

  it("are written with the bills of materials last, which tell that all is there", async () => {
    report("run-1", ["linux-amd64"]);
    await describeRelease(everything(), release(["linux-amd64"]));
    expect(artifacts.objects.map(({ key }) => key)).toEqual([FIRST, sbomKey("linux-amd64")]);
  });

  it("of a platform that is released later are a statement of its own; the first one stays", async () => {
    report("run-1", ["linux-amd64"]);
    await describeRelease(everything(), release(["linux-amd64"]));
    const before = artifacts.newest(FIRST)?.body;
    report("run-2", ["darwin-arm64"]);
    const { documents } = await describeRelease(everything(), release(["linux-amd64", "darwin-arm64"]));
    expect(documents).toEqual([
      sbomKey("linux-amd64"),
      FIRST,
      sbomKey("darwin-arm64"),
      laterKey("darwin-arm64"),
    ]);
    expect(artifacts.newest(FIRST)?.body).toEqual(before);
    expect(statement(laterKey("darwin-arm64")).subject[0]).toEqual({
      name: `${cmd}/${version}/darwin-arm64`,
      digest: { sha256: hex(HASHES["darwin-arm64"]) },
    });
  });

  it("are completed when another execution took the statement's name meanwhile", async () => {
    report("run-1", ["linux-amd64"]);
    report("run-2", ["darwin-arm64"]);
    let raced = false;
    artifacts.beforePut = () => {
      if (raced || artifacts.requests.at(-1) !== `PUT ${FIRST}`) return;
      raced = true;
      const other = {
        name: `${cmd}/${version}/darwin-arm64`,
        digest: { sha256: hex(HASHES["darwin-arm64"]) },
      };
      artifacts.store(FIRST, Buffer.from(JSON.stringify({ subject: [other] })));
    };
    const { documents } = await describeRelease(everything(), release(["linux-amd64"]));
    expect(documents).toEqual([sbomKey("linux-amd64"), laterKey("linux-amd64")]);
  });

  it("are none for patches only", async () => {
    const event = release(["linux-amd64"], { bases: ["20260101"], publish: false });
    expect(await describeRelease(describer(), event)).toEqual({ documents: [] });
    expect(artifacts.requests).toEqual([]);
  });
});

describe("a release stops", () => {
  it.each([
    ["there is no report", () => {}],
    ["the report is of another platform", () => report("run-1", ["darwin-arm64"])],
    [
      "the build did not say what is in the binary",
      () => {
        const line = `linux-amd64\tstored\t${hex(HASHES["linux-amd64"])}\n`;
        storeReport("run-1", line, ["linux-amd64"]);
      },
    ],
    [
      "the reported binary is another one",
      () => {
        const line = `linux-amd64\tstored\t${hex(sha256(8))}\t${base64("binary: go1.26.8\n\tpath\tx\n")}\n`;
        storeReport("run-1", line, ["linux-amd64"]);
      },
    ],
  ])("when %s", async (_, prepare) => {
    prepare();
    const error = await errorOf(describeRelease(everything(), release(["linux-amd64"])));
    expect(error.name).toBe("BuildReportMissingError");
    for (const words of [cmd, version, "linux-amd64", "90 days", "again"]) {
      expect(error.message).toContain(words);
    }
    expect(artifacts.objects).toEqual([]);
  });

  const about = (key: string, value: unknown) => [key, JSON.stringify(value)] as const;
  const hashes = [{ alg: "SHA-256", content: hex(sha256(8)) }];
  it.each<readonly [string, string]>([
    [sbomKey("linux-amd64"), "not JSON"],
    [sbomKey("linux-amd64"), ""],
    about(sbomKey("linux-amd64"), null),
    about(sbomKey("linux-amd64"), { metadata: { component: { hashes } } }),
    [FIRST, "not JSON"],
    about(FIRST, null),
    about(FIRST, {}),
    about(FIRST, { subject: [] }),
    about(FIRST, {
      subject: [{ name: `${cmd}/${version}/linux-amd64`, digest: { sha256: hex(sha256(8)) } }],
    }),
    about(FIRST, {
      subject: [{ name: "other/1/linux-amd64", digest: { sha256: hex(HASHES["linux-amd64"]) } }],
    }),
  ])("when %s is taken by %j", async (key, text) => {
    report("run-1", ["linux-amd64"]);
    artifacts.store(key, Buffer.from(text));
    const error = await errorOf(describeRelease(everything(), release(["linux-amd64"])));
    expect(error.name).toBe("DocumentConflictError");
    expect(error.message).toContain(key);
  });
});
