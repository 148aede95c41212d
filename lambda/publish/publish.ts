import { artifactsOfVersion } from "../shared/artifacts.ts";
import { currentWithHistory, replaceCurrent, tellNewestChange } from "../shared/current.ts";
import { ConcurrentPublishError } from "../shared/errors.ts";
import { log } from "../shared/log.ts";
import type { PublishEvent } from "../shared/payloads.ts";
import type { Table } from "../shared/table.ts";
import { decide } from "./decide.ts";

/** `changed` is false when clients were told this version already, and not by this execution. */
export interface Published {
  /** Of the execution's own change, if there was one; else what is current. */
  revision: number;
  changed: boolean;
}

/**
 * Makes the version current on all of the release's platforms in one write. Doing it again finds it done, also when the
 * first answer was lost and others changed current since.
 * @throws PublishRefusedError, YankedVersionError
 * @throws ConcurrentPublishError when somebody else changed current meanwhile
 */
export async function publish(
  table: Table,
  { request, plan, execution, startedAt }: PublishEvent,
): Promise<Published> {
  const { cmd } = request;
  const recorded = await artifactsOfVersion(table, cmd, plan.version);
  const artifacts = request.platforms.map((platform) => {
    const artifact = recorded.get(platform);
    if (artifact === undefined) throw new Error(`${cmd} ${plan.version} is not recorded on ${platform}`);
    return artifact;
  });

  const { current, history } = await currentWithHistory(table, cmd);
  const mine = history.findLast(({ by }) => by === execution.arn);
  if (mine !== undefined) return { revision: mine.revision, changed: true };
  const decision = decide(artifacts, current, history, {
    at: new Date().toISOString(),
    by: execution.arn,
    startedAt,
  });
  if (decision === undefined) return { revision: current?.revision ?? 0, changed: false };
  if (!(await replaceCurrent(table, decision.next, decision.entry))) {
    throw new ConcurrentPublishError(
      `current of ${cmd} changed while ${plan.version} was being published, at each try: the last was that ` +
        `${await tellNewestChange(table, cmd)}. See what is current, and start the release again if it is still wanted.`,
    );
  }
  log("published", { ...decision.entry });
  return { revision: decision.next.revision, changed: true };
}
