import { resolve } from "node:path";
import { Command, Option } from "@commander-js/extra-typings";
import { defaultFolder } from "../local/paths.ts";
import { type Deployment, findDeployment, type Where } from "./deployment/deployment.ts";
import { explain } from "./deployment/trouble.ts";
import { type CliError, EXIT } from "./errors.ts";
import type { Io } from "./io.ts";
import { type Paint, paintFor, readable } from "./view/paint.ts";

/** What a command has to say. */
export interface Answer {
  /** The shape of it is in shapes.ts. */
  json: object;
  /** For people, a line each. */
  lines: string[];
  exit?: number;
}

/** What a command works with. */
export interface Context {
  io: Io;
  json: boolean;
  where: Where;
  /** Looked up when it is first asked for. */
  deployment: () => Promise<Deployment>;
  paint: Paint;
  /** Columns that text may have: as many as it likes where nobody looks. */
  columns: number;
}

interface CommonOptions {
  stack?: string | undefined;
  profile?: string | undefined;
  region?: string | undefined;
  local?: true | undefined;
  folder?: string | undefined;
  json?: true | undefined;
}

/** A command with the options that all have. */
export function hkdistCommand(name: string, examples: readonly string[]) {
  return new Command(name)
    .option("--stack <name>", "the CloudFormation stack (default: hkdist, or the only one with its outputs)")
    .option("--profile <name>", "a profile of the AWS configuration")
    .option("--region <name>", "the stack's region (default: the profile's or AWS_REGION)")
    .addOption(new Option("--local", "the local AWS of this checkout").conflicts(["profile", "region"]))
    .addOption(new Option("--folder <path>", "another folder of a local AWS").implies({ local: true }))
    .option("--json", "one JSON object (docs/cli.md)")
    .addHelpText("after", `\nExamples:\n${examples.map((line) => `  npx hkdist ${line}`).join("\n")}`);
}

/** Runs a command's work and says what came out. Never throws. @returns the exit code */
export async function answer(
  io: Io,
  options: CommonOptions,
  work: (context: Context) => Promise<Answer>,
): Promise<number> {
  const json = options.json === true;
  // npm starts scripts in the checkout and tells where it was called.
  const folder = options.folder && resolve(io.env["INIT_CWD"] ?? "", options.folder);
  const where: Where = {
    ...{ stack: options.stack, profile: options.profile, region: options.region },
    localFolder: options.local || folder ? (folder ?? defaultFolder) : undefined,
  };
  let found: Promise<Deployment> | undefined;
  const isTerminal = io.stdout.isTTY === true;
  const context: Context = {
    ...{ io, json, where },
    deployment: () => {
      found ??= findDeployment(where);
      return found;
    },
    paint: paintFor(isTerminal, io.env),
    columns: isTerminal ? io.stdout.columns || 80 : Number.POSITIVE_INFINITY,
  };
  try {
    const { json: object, lines, exit = EXIT.done } = await work(context);
    io.stdout.write(
      json ? `${JSON.stringify(object, null, 2)}\n` : lines.map((line) => `${line}\n`).join(""),
    );
    return exit;
  } catch (thrown) {
    if (io.env["HKDIST_DEBUG"]) io.stderr.write(`${(thrown as Error)?.stack ?? String(thrown)}\n`);
    const error = explain(thrown, { isLocal: where.localFolder !== undefined, region: where.region });
    tellError(io, json, error);
    return error.exit;
  }
}

/** On standard output where a program reads, else on standard error. */
export function tellError(io: Io, json: boolean, { kind, message, next }: CliError): void {
  if (json) {
    io.stdout.write(`${JSON.stringify({ error: { kind, message, next: next ?? null } }, null, 2)}\n`);
    return;
  }
  const paint = paintFor(io.stderr.isTTY === true, io.env);
  io.stderr.write(`${paint("bad", "error:")} ${readable(message)}\n`);
  if (next !== undefined) io.stderr.write(`${paint("strong", "next:")}  ${next}\n`);
}
