import { GetCallerIdentityCommand, STSClient } from "@aws-sdk/client-sts";
import type { z } from "zod";
import { settingsFor } from "../deployment/deployment.ts";
import { explain } from "../deployment/trouble.ts";
import { type Finding, failed, ok, skipped } from "../doctor/check.ts";
import { checkDirectory } from "../doctor/directory.ts";
import { checkQuotas } from "../doctor/quotas.ts";
import { checkRights } from "../doctor/rights.ts";
import { checkTools } from "../doctor/tools.ts";
import { EXIT } from "../errors.ts";
import type { Io } from "../io.ts";
import { answer, type Context, hkdistCommand } from "../program.ts";
import type { Doctor } from "../shapes.ts";
import { harmless, type Paint, type Style } from "../view/paint.ts";

/** Says what is wrong between this machine, the account and the stack, and how to mend it. */
export function doctorCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("doctor", ["doctor", "doctor --stack hkdist --profile work --json"])
    .summary("what is wrong with credentials, stack, rights, quotas or tools, and how to mend it")
    .description(
      "Looks at everything that the other commands need. Changes nothing. Ends with 1 when something failed.",
    )
    .action(async (options) => {
      ended(
        await answer(io, options, async (context) => {
          const findings = await examine(context);
          const isFailed = findings.some(({ state }) => state === "failed");
          const json: z.infer<typeof Doctor> = {
            checks: findings.map(({ name, state, found, next }) => ({
              name,
              state,
              found,
              next: next ?? null,
            })),
          };
          return {
            json,
            lines: findings.flatMap((finding) => tell(finding, context.paint)),
            exit: isFailed ? EXIT.failed : EXIT.done,
          };
        }),
      );
    });
}

async function examine(context: Context): Promise<Finding[]> {
  const tools = [ok("node", process.version), ...(await checkTools())];
  const identity = await checkCredentials(context);
  if (identity.state === "failed") return [...tools, identity];
  try {
    const deployment = await context.deployment();
    const { stack, stackStatus, region } = deployment;
    const isWell = /^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_ROLLBACK_COMPLETE$/.test(stackStatus);
    const inWords = `${stack} in ${region} is ${stackStatus}`;
    const found = isWell
      ? ok("stack", inWords)
      : failed("stack", inWords, "wait while it is being changed; else docs/first-deployment.md");
    const [rights, quotas, directory] = await Promise.all([
      checkRights(deployment),
      checkQuotas(deployment).catch(() => []),
      checkDirectory(deployment),
    ]);
    const starts = skipped(
      "may start",
      "only starting something shows it: ReleasePolicyArn, PromotePolicyArn (docs/operators.md)",
    );
    return [...tools, identity, found, ...rights, starts, directory, ...quotas];
  } catch (error) {
    const { message, next } = explained(error, context);
    return [...tools, identity, failed("stack", message, next)];
  }
}

async function checkCredentials(context: Context): Promise<Finding> {
  try {
    const client = new STSClient(settingsFor(context.where));
    const { Arn = "", Account = "" } = await client.send(new GetCallerIdentityCommand());
    return ok("credentials", `${Arn} in account ${Account}`);
  } catch (error) {
    const { message, next } = explained(error, context);
    return failed("credentials", message, next);
  }
}

function explained(error: unknown, { where }: Context) {
  return explain(error, { isLocal: where.localFolder !== undefined, region: where.region });
}

const STATES: Record<Finding["state"], [word: string, style: Style]> = {
  ok: ["ok", "good"],
  warning: ["warning", "warning"],
  failed: ["FAILED", "bad"],
  skipped: ["skipped", "quiet"],
};

function tell({ name, state, found, next }: Finding, paint: Paint): string[] {
  const [word, style] = STATES[state];
  const line = `${paint(style, word.padEnd(8))} ${name.padEnd(16)} ${harmless(found)}`;
  return next === undefined ? [line] : [line, `${" ".repeat(25)} next: ${next}`];
}
