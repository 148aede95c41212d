import { type Current, getCurrent, type Yank } from "./current.ts";
import { YankedVersionError } from "./errors.ts";
import type { Table } from "./table.ts";

/** The withdrawal of a version, or undefined when it was not withdrawn. */
export function yankOf(current: Current | undefined, version: string): Yank | undefined {
  return current?.yanked?.[version];
}

/** What clients are told, by platform. A row that somebody changed by hand must not tell them a withdrawn version. */
export function offered({
  platforms,
  ...current
}: Current): [platform: string, Current["platforms"][string]][] {
  return Object.entries(platforms).filter(
    ([, { version }]) => yankOf({ platforms, ...current }, version) === undefined,
  );
}

/** Why, when and by whom a version was withdrawn, and how that is undone. */
export function tellYank(cmd: string, version: string, yank: Yank): string {
  return `${tellWithdrawal(cmd, version, yank)} ${tellUndo(cmd, version)}`;
}

function tellWithdrawal(cmd: string, version: string, { reason, at, by }: Yank): string {
  return `${cmd} ${version} was withdrawn at ${at} by ${by}: ${reason}.`;
}

function tellUndo(cmd: string, version: string): string {
  return `To undo that, start the promote machine with ${JSON.stringify({ cmd, version, yank: false })}.`;
}

/**
 * @param hasStored whether the asking release may have stored something since the withdrawal, which nobody has hidden
 * @throws YankedVersionError when the version was withdrawn
 */
export function throwIfYanked(
  cmd: string,
  current: Current | undefined,
  version: string,
  { hasStored = false } = {},
): void {
  const yank = yankOf(current, version);
  if (yank === undefined) return;
  const again = JSON.stringify({ cmd, version, yank: true, reason: yank.reason });
  throw new YankedVersionError(tellWithdrawal(cmd, version, yank), {
    byHand:
      `${tellUndo(cmd, version)} A release of it needs that first, or a new tag.` +
      (hasStored
        ? ` What this release stored meanwhile is hidden by withdrawing it once more: ${again}.`
        : ""),
  });
}

/**
 * Refuses before anything of a withdrawn version is built or stored: S3 takes a put that says "only if absent" over a delete
 * marker.
 * @throws YankedVersionError
 */
export async function refuseYanked(
  table: Table,
  cmd: string,
  version: string,
  about: { hasStored?: boolean } = {},
): Promise<void> {
  throwIfYanked(cmd, await getCurrent(table, cmd, { consistent: true }), version, about);
}
