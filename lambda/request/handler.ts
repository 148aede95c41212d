import { S3Client } from "@aws-sdk/client-s3";
import { artifactsOfVersion, isFrom } from "../shared/artifacts.ts";
import { describedPlatforms } from "../shared/described.ts";
import type { ReleaseRequest, RequestEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { getSource } from "../shared/sources.ts";
import { askedFor, step } from "../shared/step.ts";
import { openTable } from "../shared/table.ts";
import { refuseYanked } from "../shared/yanked.ts";
import { checkBases, checkRequest } from "./check-request.ts";

export const SETTINGS = ["table", "artifactsBucket"] as const;

const settings = readSettings(SETTINGS);
const table = openTable(settings.table);
const s3 = new S3Client();

/** First step of a release: is this a request that we can serve, and is there anything left to build? */
export const handler = step(
  "request",
  ({ input, execution }: RequestEvent) => ({ ...askedFor(input), execution: execution.name }),
  answer,
);

async function answer({ input, commands }: RequestEvent): Promise<ReleaseRequest> {
  const request = checkRequest(input, commands);
  const { cmd, version, platforms, bases } = request;
  if (version !== "") await refuseYanked(table, cmd, version);
  const artifacts = version === "" ? undefined : await artifactsOfVersion(table, cmd, version);
  const source = version === "" ? undefined : await getSource(table, cmd, version);
  // Patches can be made of anything that is recorded; only what a release of this tag built is published without a build.
  const areRecorded = platforms.every((platform) => {
    const artifact = artifacts?.get(platform);
    return bases.length > 0 ? artifact !== undefined : isFrom(artifact, source);
  });
  // Without its documents an artifact may have to be built once more, for the report: that is for plan to see.
  const areDescribed = async () => {
    const described = await describedPlatforms(s3, settings.artifactsBucket, { cmd, version }, platforms);
    return platforms.every((platform) => described.has(platform));
  };
  const recorded = areRecorded && (bases.length > 0 || (await areDescribed()));

  const found = await Promise.all(bases.map((base) => artifactsOfVersion(table, cmd, base)));
  const unknownBases = bases.filter((_, index) => !platforms.some((platform) => found[index]?.has(platform)));
  checkBases(request, recorded, unknownBases);
  return { ...request, recorded };
}
