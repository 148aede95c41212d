import { checkRequest } from "../../lambda/request/check-request.ts";
import { InvalidReleaseRequestError } from "../../lambda/shared/errors.ts";
import { deployedConfiguration } from "../deployment/definition.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { CliError } from "../errors.ts";
import { askedOf, newestExecutions } from "../execution/find.ts";
import type { Io } from "../io.ts";
import { answer, type Context, hkdistCommand } from "../program.ts";
import { startAndWatch } from "../watch-to-the-end.ts";
import { listOption, tagOption } from "./options.ts";

/** Starts a release and follows it. */
export function releaseCommand(io: Io, ended: (exit: number) => void) {
  return hkdistCommand("release", [
    "release greet",
    "release greet --tag v20260131 --platforms linux-amd64,linux-arm64",
    "release greet --no-publish       # try it first, then: npx hkdist promote greet <version>",
    "release greet --tag v20260131 --bases 20260101,20260102",
  ])
    .summary("build, record, patch and publish a tag of a command")
    .description(
      "Builds a tag of a command for its platforms, makes patches from the versions before it, and makes it current.\n" +
        "Starting it again is safe: what is done is found done. Ctrl-C stops watching, and not the release.",
    )
    .argument("<cmd>", "a configured command")
    .option(
      "--tag <tag>",
      "a tag of its branch (default: the newest, which must be the branch's head)",
      tagOption,
    )
    .option("--platforms <list>", "some of the command's platforms (default: all)", listOption)
    .option("--bases <versions>", "with a recorded --tag: only make patches from these versions", listOption)
    .option("--no-publish", "build and record it, but do not make it current")
    .option("--detach", "start it and do not watch")
    .action(async (cmd, options) => {
      const { tag, platforms, bases, publish, detach = false } = options;
      ended(
        await answer(io, options, async (context) => {
          const deployment = await context.deployment();
          const input = {
            ...{ cmd, tag, platforms, bases },
            // What `bases` is for does not publish by itself.
            ...(!publish && { publish }),
          };
          // As the machine would say it, before an execution fails and rings.
          const { commands } = await deployedConfiguration(deployment);
          if (commands[cmd] === undefined) refuseCommand(deployment, cmd, Object.keys(commands));
          try {
            checkRequest(dropUndefined(input), commands);
          } catch (error) {
            if (!(error instanceof InvalidReleaseRequestError)) throw error;
            throw new CliError("Usage", error.sentence, { cause: error, next: "npx hkdist release --help" });
          }
          await noteOthers(context, deployment, cmd);
          return startAndWatch(context, deployment, deployment.releaseMachineArn, input, { detach });
        }),
      );
    });
}

const dropUndefined = (object: object): unknown => JSON.parse(JSON.stringify(object));

function refuseCommand({ stack, flags }: Deployment, cmd: string, names: string[]): never {
  throw new CliError(
    "NotFound",
    `No command ${cmd} is configured in stack ${stack}; there is ${names.join(", ")}.`,
    {
      next: `npx hkdist status${flags}`,
    },
  );
}

/** Two releases of a command at once are safe and rarely meant. */
async function noteOthers({ io }: Context, deployment: Deployment, cmd: string): Promise<void> {
  const running = await newestExecutions(deployment, { running: true });
  for (const one of running) {
    if (one.machine !== "release" || (await askedOf(deployment, one)).cmd !== cmd) continue;
    io.stderr.write(
      `note: ${cmd} is being released already: npx hkdist watch ${one.name}${deployment.flags}\n`,
    );
  }
}
