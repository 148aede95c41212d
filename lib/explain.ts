import { Construct } from "constructs";
import type { BuildProject } from "./build-project.ts";
import { HkdistFunction } from "./hkdist-function.ts";

/** Looks up why a build failed, so that the execution's error names the real cause. */
export class Explain extends Construct {
  readonly handler: HkdistFunction<never>;

  constructor(scope: Construct, id: string, { projects }: { projects: BuildProject[] }) {
    super(scope, id);
    this.handler = new HkdistFunction(this, "Function", {
      step: "explain",
      description: "Names the cause of a failed build",
      settings: {},
    });
    this.handler.allow(
      ["codebuild:BatchGetBuilds"],
      projects.map((project) => project.projectArn),
    );
  }
}
