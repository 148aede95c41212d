import { artifactsOfVersion } from "../shared/artifacts.ts";
import type { ReleaseRequest, RequestEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { checkBases, checkRequest } from "./check-request.ts";

export const SETTINGS = ["table"] as const;

const table = openTable(readSettings(SETTINGS).table);

/** First step of a release: is this a request that we can serve, and is there anything left to build? */
export async function handler({ input, commands }: RequestEvent): Promise<ReleaseRequest> {
  const request = checkRequest(input, commands);
  const platformsOf = async (version: string) => {
    const artifacts = await artifactsOfVersion(table, request.cmd, version);
    return request.platforms.filter((platform) => artifacts.has(platform));
  };

  const recorded =
    request.tag !== "" && (await platformsOf(request.version)).length === request.platforms.length;
  const found = await Promise.all(request.bases.map(platformsOf));
  const unknownBases = request.bases.filter((_version, index) => found[index]?.length === 0);
  checkBases(request, recorded, unknownBases);
  return { ...request, recorded };
}
