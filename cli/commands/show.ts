import type { z } from "zod";
import { type Artifact, artifactsOfVersion } from "../../lambda/shared/artifacts.ts";
import { describedPlatforms } from "../../lambda/shared/described.ts";
import { patchObjectKey, provenanceObjectKey } from "../../lambda/shared/keys.ts";
import { type Patch, patchesTo } from "../../lambda/shared/patches.ts";
import { getSource } from "../../lambda/shared/sources.ts";
import { compareVersions, isVersion } from "../../lambda/shared/version.ts";
import { wholeRow } from "../../lambda/shared/whole-row.ts";
import { yankOf } from "../../lambda/shared/yanked.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { type KnownCommand, knownCommand } from "../deployment/known-commands.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { type Show, withdrawnJson } from "../shapes.ts";
import { bytes, duration, moment, percent } from "../view/format.ts";
import { harmless, type Paint } from "../view/paint.ts";
import { table } from "../view/table.ts";
import { versionArgument } from "./options.ts";

/** Shows all that is known of a version. */
export function showCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("show", ["show greet 20260131", "show greet 20260131 --json"])
    .summary("a version's artifacts, patches, sizes, signer, commit, and where it is current")
    .argument("<cmd>", "a command")
    .argument("<version>", "such as 20260131", versionArgument)
    .action(async (cmd, version, options) => {
      ended(
        await answer(io, options, async ({ deployment: find, paint, columns }) => {
          const deployment = await find();
          const known = await knownCommand(deployment, cmd);
          const facts = await look(deployment, known, version);
          return { json: jsonOf(facts), lines: linesOf(facts, columns, paint) };
        }),
      );
    });
}

async function look(deployment: Deployment, { cmd, current }: KnownCommand, version: string) {
  const { table, s3, bucket, artifactsUrl, flags } = deployment;
  const artifacts = isVersion(version)
    ? [...(await artifactsOfVersion(table, cmd, version)).values()].map((row) => wholeArtifact(row, flags))
    : [];
  if (artifacts.length === 0) {
    throw new CliError("NotFound", `${cmd} ${version} is not recorded.`, {
      next: `npx hkdist releases ${cmd}${flags}`,
    });
  }
  const platforms = artifacts.map(({ platform }) => platform);
  const [patches, source, described] = await Promise.all([
    patchesTo(table, cmd, version),
    getSource(table, cmd, version),
    describedPlatforms(s3, bucket, { cmd, version }, platforms),
  ]);
  const newestBaseFirst = patches.toSorted(
    (a, b) => compareVersions(b.from, a.from) || (a.platform < b.platform ? -1 : 1),
  );
  return {
    ...{ cmd, version, artifacts, patches: newestBaseFirst, source, described, artifactsUrl },
    yank: yankOf(current, version),
    isCurrentOn: (platform: string) => current?.platforms[platform]?.version === version,
  };
}

/** @throws CliError when somebody has damaged the row */
function wholeArtifact(row: Artifact, flags: string): Artifact {
  try {
    return wholeRow<Artifact>(row, {
      size: "number",
      gzSize: "number",
      sha256: "string",
      recordedAt: "string",
    });
  } catch (error) {
    throw new CliError("Trouble", (error as Error).message, {
      cause: error,
      next: `npx hkdist audit${flags}`,
    });
  }
}

type Facts = Awaited<ReturnType<typeof look>>;

function jsonOf(facts: Facts): z.infer<typeof Show> {
  const { cmd, version, artifacts, patches, source, described, artifactsUrl, yank, isCurrentOn } = facts;
  return {
    cmd,
    version,
    tag: source?.tag ?? null,
    commit: source?.commit ?? null,
    tagDate: source?.tagDate ?? null,
    signer: source?.signer || null,
    goVersion: source?.goVersion ?? null,
    withdrawn: withdrawnJson(yank),
    artifacts: artifacts.map(({ platform, size, gzSize, sha256, recordedAt, key }) => ({
      ...{ platform, size, gzSize, sha256, recordedAt },
      url: artifactsUrl + key,
      current: isCurrentOn(platform),
      described: described.has(platform),
    })),
    patches: patches.map((patch) => ({
      ...{ platform: patch.platform, from: patch.from },
      ...("size" in patch
        ? {
            size: patch.size,
            seconds: patch.milliseconds === undefined ? null : patch.milliseconds / 1000,
            url: artifactsUrl + patchObjectKey(patch),
            none: null,
          }
        : { size: null, seconds: null, url: null, none: patch.none }),
    })),
    provenance: described.size === 0 ? null : artifactsUrl + provenanceObjectKey(cmd, version),
  };
}

function linesOf(facts: Facts, columns: number, paint: Paint): string[] {
  const { cmd, version, artifacts, patches, source, yank, isCurrentOn } = facts;
  const currentOn = artifacts.filter(({ platform }) => isCurrentOn(platform)).map(({ platform }) => platform);
  const facing: [string, string][] = [
    ["current", currentOn.length === 0 ? "nowhere" : `on ${currentOn.join(", ")}`],
    ...(source
      ? ([
          ["tag", `${source.tag}, ${moment(source.tagDate)}`],
          ["commit", source.commit],
          ["signer", harmless(source.signer) || "not verified (docs/source.md)"],
          ["go", source.goVersion],
        ] as [string, string][])
      : ([["source", "no release built it: it was registered or imported"]] as [string, string][])),
    ...(yank ? ([["withdrawn", `${moment(yank.at)}: ${harmless(yank.reason)}`]] as [string, string][]) : []),
    ["documents", jsonOf(facts).provenance ?? "none"],
  ];
  return [
    paint("strong", `${cmd} ${version}`),
    ...facing.map(
      ([name, text]) => `  ${name.padEnd(10)} ${name === "withdrawn" ? paint("bad", text) : text}`,
    ),
    "",
    ...withQuietHead(artifactTable(artifacts, isCurrentOn, columns), paint),
    ...(patches.length === 0
      ? ["", "No patches lead to it."]
      : ["", ...withQuietHead(patchTable(patches, artifacts, columns), paint)]),
  ];
}

const withQuietHead = ([head = "", ...rows]: string[], paint: Paint) => [paint("quiet", head), ...rows];

function artifactTable(
  artifacts: readonly Artifact[],
  isCurrentOn: (platform: string) => boolean,
  width: number,
) {
  return table(
    [
      { head: "platform" },
      { head: "size", align: "right", optional: 2 },
      { head: "download", align: "right" },
      { head: "recorded", optional: 3 },
      { head: "SHA-256 of the binary", optional: 1 },
      { head: "" },
    ],
    artifacts.map(({ platform, size, gzSize, recordedAt, sha256 }) => [
      platform,
      bytes(size),
      bytes(gzSize),
      moment(recordedAt),
      sha256,
      isCurrentOn(platform) ? "current" : "",
    ]),
    width,
  );
}

function patchTable(patches: readonly Patch[], artifacts: readonly Artifact[], width: number) {
  return table(
    [
      { head: "patch from" },
      { head: "platform" },
      { head: "size", align: "right" },
      { head: "of download", align: "right", optional: 1 },
      { head: "time", align: "right", optional: 2 },
      { head: "" },
    ],
    patches.map((patch) => {
      const full = artifacts.find(({ platform }) => platform === patch.platform)?.gzSize ?? 0;
      return "size" in patch
        ? [
            patch.from,
            patch.platform,
            bytes(patch.size),
            percent(patch.size, full),
            patch.milliseconds === undefined ? "" : duration(patch.milliseconds),
            "",
          ]
        : [patch.from, patch.platform, "none", "", "", harmless(patch.none)];
    }),
    width,
  );
}
