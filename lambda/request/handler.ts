import { artifactsOfVersion } from "../shared/artifacts.ts";
import type { ReleaseRequest, RequestEvent } from "../shared/payloads.ts";
import { readSettings } from "../shared/settings.ts";
import { openTable } from "../shared/table.ts";
import { checkRequest } from "./check-request.ts";

export const SETTINGS = ["table"] as const;

const table = openTable(readSettings(SETTINGS).table);

/** First step of a release: is this a request that we can serve, and is there anything left to build? */
export async function handler({ input, commands }: RequestEvent): Promise<ReleaseRequest> {
  const request = checkRequest(input, commands);
  const recorded =
    request.tag === "" ? undefined : await artifactsOfVersion(table, request.cmd, request.version);
  return { ...request, recorded: request.platforms.every((platform) => recorded?.has(platform) ?? false) };
}
