import confirm from "@inquirer/confirm";
import { checkRequest } from "../../lambda/promote/check-request.ts";
import { preview } from "../../lambda/promote/promote.ts";
import {
  InvalidPromoteRequestError,
  PromoteRefusedError,
  YankedVersionError,
} from "../../lambda/shared/errors.ts";
import type { PromoteRequest } from "../../lambda/shared/payloads.ts";
import { deployedConfiguration } from "../deployment/definition.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { knownCommand } from "../deployment/known-commands.ts";
import { CliError } from "../errors.ts";
import { type Move, movesOf } from "../execution/moves.ts";
import { canAsk, typed } from "../io.ts";
import type { Answer, Context } from "../program.ts";
import { tellMoves } from "../view/moves.ts";
import type { Paint } from "../view/paint.ts";
import { startAndWatch } from "../watch-to-the-end.ts";

/** The promote machine's input, as docs/rolling-back.md has it. */
export interface ChangeInput {
  cmd: string;
  version: string;
  force?: boolean;
  yank?: boolean;
  reason?: string;
}

/**
 * Shows what a change of current would do, asks, starts the promote machine, and follows it. A promotion changes the revision
 * that was shown, or nothing.
 * @throws CliError `Declined` when the person says no, or cannot be asked and did not say --yes
 */
export async function change(
  context: Context,
  deployment: Deployment,
  input: ChangeInput,
  { yes }: { yes: boolean },
): Promise<Answer> {
  const { io, json, paint } = context;
  const { table, s3, bucket, flags } = deployment;
  const names = Object.keys((await deployedConfiguration(deployment)).commands);
  // One that has left the configuration can still be withdrawn.
  if (!names.includes(input.cmd)) await knownCommand(deployment, input.cmd);
  const request = checked(input, names);
  const { current, change } = await preview({ table, s3, bucket }, request).catch((error: unknown) => {
    throw refusal(error, request, flags);
  });
  const moves = change === undefined ? [] : movesOf(change.entry);
  const stay = Object.entries(current?.platforms ?? {})
    .filter(([platform]) => !moves.some((move) => move.platform === platform))
    .map(([platform, { version }]) => ({ platform, version }));
  if (!json) {
    const lines = describeChange(request, { moves, stay, isDone: change === undefined }, paint);
    io.stdout.write(lines.map((line) => `${line}\n`).join(""));
  }
  if (!yes) await ask(context, question(request));
  const revision = request.action === "promote" ? { revision: current?.revision ?? 0 } : {};
  return startAndWatch(context, deployment, deployment.promoteMachineArn, { ...input, ...revision });
}

function checked(input: ChangeInput, names: string[]): PromoteRequest {
  try {
    return checkRequest(input, names);
  } catch (error) {
    if (!(error instanceof InvalidPromoteRequestError)) throw error;
    const command = input.yank === undefined ? "promote" : "yank";
    throw new CliError("Usage", error.sentence, { cause: error, next: `npx hkdist ${command} --help` });
  }
}

/** What the machine would refuse, with the command that is right instead. */
function refusal(error: unknown, { cmd, version }: PromoteRequest, flags: string): unknown {
  const isRefused = error instanceof PromoteRefusedError;
  if (!isRefused && !(error instanceof YankedVersionError)) return error;
  const it = `${cmd} ${version}`;
  if (!isRefused) {
    return new CliError("Refused", error.sentence, {
      cause: error,
      next: `npx hkdist yank ${it} --undo${flags}`,
    });
  }
  return error.isUnknown
    ? new CliError("NotFound", error.sentence, { cause: error, next: `npx hkdist releases ${cmd}${flags}` })
    : new CliError("Refused", error.sentence, {
        cause: error,
        next: `npx hkdist promote ${it} --force${flags}`,
      });
}

function describeChange(
  { action, cmd, version }: PromoteRequest,
  {
    moves,
    stay,
    isDone,
  }: { moves: readonly Move[]; stay: readonly { platform: string; version: string }[]; isDone: boolean },
  paint: Paint,
): string[] {
  const what = {
    promote: `This will make ${cmd} ${version} current:`,
    yank: `This will withdraw ${cmd} ${version}: nobody is told it any more, its binaries and patches are hidden.`,
    restore: `This will undo the withdrawal of ${cmd} ${version}: it can be downloaded by name again. Nothing becomes current by that.`,
  };
  const gone = moves.filter(({ to }) => to === undefined).map(({ platform }) => platform);
  return [
    paint("strong", what[action]),
    ...tellMoves(moves).map((line) => `  ${line}`),
    ...(isDone
      ? ["  It is so already. Started again, it finishes what was left undone."]
      : moves.length === 0 && action === "yank"
        ? ["  What is current stays as it is."]
        : []),
    ...(stay.length > 0 && moves.length > 0
      ? [`  stays as it is: ${stay.map(({ platform, version: at }) => `${platform} (${at})`).join(", ")}`]
      : []),
    ...(gone.length > 0
      ? [paint("warning", `  No good version is left on ${gone.join(", ")}: people cannot install it there.`)]
      : []),
    "",
  ];
}

function question({ action, cmd, version }: PromoteRequest): string {
  const verb = { promote: "Make", yank: "Withdraw", restore: "Undo the withdrawal of" }[action];
  return `${verb} ${cmd} ${version}${action === "promote" ? " current" : ""}?`;
}

async function ask({ io, json }: Context, message: string): Promise<void> {
  // A question would stand in the JSON.
  if (json || !canAsk(io)) {
    throw new CliError("Declined", "Nothing was changed: nobody can be asked here.", {
      next: `${typed(io)} --yes`,
    });
  }
  const isMeant = await confirm({ message, default: false }, { input: io.stdin, output: io.stdout }).catch(
    (error: Error) => {
      if (error.name === "ExitPromptError") return false;
      throw error;
    },
  );
  if (!isMeant) throw new CliError("Declined", "Nothing was changed.");
}
