import { artifactsOfVersion, isFrom } from "../shared/artifacts.ts";
import type { ReleaseRequest, RequestEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { getSource } from "../shared/sources.ts";
import { openTable } from "../shared/table.ts";
import { checkBases, checkRequest } from "./check-request.ts";

export const SETTINGS = ["table"] as const;

const table = openTable(readSettings(SETTINGS).table);

/** First step of a release: is this a request that we can serve, and is there anything left to build? */
export async function handler({ input, commands }: RequestEvent): Promise<ReleaseRequest> {
  const request = checkRequest(input, commands);
  const { cmd, version, platforms, bases } = request;
  const artifacts = version === "" ? undefined : await artifactsOfVersion(table, cmd, version);
  const source = version === "" ? undefined : await getSource(table, cmd, version);
  // Patches can be made of anything that is recorded; only what a release of this tag built is published without a build.
  const recorded = platforms.every((platform) => {
    const artifact = artifacts?.get(platform);
    return bases.length > 0 ? artifact !== undefined : isFrom(artifact, source);
  });

  const found = await Promise.all(bases.map((base) => artifactsOfVersion(table, cmd, base)));
  const unknownBases = bases.filter((_, index) => !platforms.some((platform) => found[index]?.has(platform)));
  checkBases(request, recorded, unknownBases);
  return { ...request, recorded };
}
