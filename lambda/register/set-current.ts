import { getArtifact } from "../shared/artifacts.ts";
import { advance, getCurrent, replaceCurrent } from "../shared/current.ts";
import { ConcurrentPublishError } from "../shared/errors.ts";
import { type HttpAnswer, line } from "../shared/http/message.ts";
import { log } from "../shared/log.ts";
import type { Table } from "../shared/table.ts";
import { compareVersions, isVersion } from "../shared/version.ts";
import { waitTurn } from "../shared/wait-turn.ts";
import { tellYank, yankOf } from "../shared/yanked.ts";

const TRIES = 12;

export interface CurrentChange {
  cmd: string;
  platform: string;
  version: string;
  /** Go back to an older version on purpose. */
  force: boolean;
  /** ARN of who asks. */
  by: string;
}

/**
 * Makes a registered version current on one platform. The same version again changes nothing and is no history.
 * @throws ConcurrentPublishError when others changed it at every try
 */
export async function setCurrent(table: Table, change: CurrentChange): Promise<HttpAnswer> {
  const { cmd, platform, version, force, by } = change;
  const artifact = isVersion(version) ? await getArtifact(table, { cmd, version, platform }) : undefined;
  if (artifact === undefined) {
    return line(422, `this version of ${cmd} is not registered on ${platform}: register it first`);
  }
  for (let tried = 0; tried < TRIES; tried++) {
    await waitTurn(tried);
    const current = await getCurrent(table, cmd, { consistent: true });
    const yank = yankOf(current, version);
    if (yank !== undefined) return line(409, tellYank(cmd, version, yank));
    const standing = current?.platforms[platform]?.version;
    if (standing === version) return line(200, "ok");
    if (!force && standing !== undefined && compareVersions(version, standing) < 0) {
      return line(
        409,
        `${cmd} on ${platform} is at ${standing}, which is newer: add ?force=true to go back to ${version}`,
      );
    }
    const { next, entry } = advance(cmd, current, [artifact], { at: new Date().toISOString(), by });
    if (await replaceCurrent(table, next, entry)) {
      log("current-changed", { ...entry });
      return line(200, "ok");
    }
  }
  throw new ConcurrentPublishError(`current of ${cmd} changed at each of ${TRIES} tries`);
}
