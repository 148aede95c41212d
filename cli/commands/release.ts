import { checkRequest } from "../../lambda/request/check-request.ts";
import { InvalidReleaseRequestError } from "../../lambda/shared/errors.ts";
import { configuredCommands } from "../deployment/configured.ts";
import { CliError } from "../errors.ts";
import type { Io } from "../io.ts";
import { answer, hkdistCommand } from "../program.ts";
import { startAndWatch } from "../watch-to-the-end.ts";
import { listOption } from "./options.ts";

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
    .option("--tag <tag>", "a tag of its branch (default: the newest, which must be the branch's head)")
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
          const commands = await configuredCommands(deployment);
          try {
            checkRequest(dropUndefined(input), commands);
          } catch (error) {
            if (!(error instanceof InvalidReleaseRequestError)) throw error;
            const next = `npx hkdist release <cmd>${deployment.flags}, of ${Object.keys(commands).join(", ")}; --help has the options`;
            throw new CliError("Refused", error.sentence, { cause: error, next });
          }
          return startAndWatch(context, deployment, deployment.releaseMachineArn, input, { detach });
        }),
      );
    });
}

const dropUndefined = (object: object): unknown => JSON.parse(JSON.stringify(object));
