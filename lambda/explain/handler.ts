import { BatchGetBuildsCommand, CodeBuildClient } from "@aws-sdk/client-codebuild";
import { BuildStoppedError } from "../shared/errors.ts";
import type { ExplainEvent } from "../shared/payloads.ts";
import { step } from "../shared/step.ts";
import { buildIdIn, explainBuild } from "./explain.ts";

const codebuild = new CodeBuildClient();

/**
 * Step Functions only says `States.TaskFailed` of a build; this looks the build up and names the real cause.
 * @throws BuildStoppedError always: the release ends here
 */
export const handler = step(
  "explain",
  ({ cmd, execution }: ExplainEvent) => ({ cmd, execution: execution.name }),
  explain,
);

async function explain({ step, cmd, failure }: ExplainEvent): Promise<never> {
  const cause = failure.Cause ?? "";
  const id = buildIdIn(cause);
  if (id === undefined) {
    throw new BuildStoppedError(
      `the ${step} build of ${cmd} did not start: ${failure.Error}: ${cause.slice(0, 1000)}`,
    );
  }
  const found = await codebuild.send(new BatchGetBuildsCommand({ ids: [id] }));
  const build = found.builds?.[0];
  if (build === undefined)
    throw new BuildStoppedError(`the ${step} build ${id} of ${cmd} failed and is gone: ${failure.Error}`);
  throw new BuildStoppedError(explainBuild(step, cmd, build));
}
