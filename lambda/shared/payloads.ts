/** What the release machine hands from state to state. Each handler takes a part of it and adds its own. */

/** A configured command as the release machine knows it: a constant in the machine's definition. */
export interface ReleasableCommand {
  platforms: string[];
  sourceProject: string;
  buildProject: string;
}

export type ReleasableCommands = Record<string, ReleasableCommand>;

/** Who is asking: the machine's context object. */
export interface Execution {
  /** Unique per machine for 90 days, and part of object keys. */
  name: string;
  arn: string;
}

export interface RequestEvent {
  /** The execution's input, as unknown as the world is. */
  input: unknown;
  commands: ReleasableCommands;
}

/** The checked request. */
export interface ReleaseRequest extends ReleasableCommand {
  cmd: string;
  /** Empty: the newest tag of the command's branch. */
  tag: string;
  /** The tag's version; empty like the tag. */
  version: string;
  /** Whether the release becomes current. */
  publish: boolean;
  /** The tag's artifacts are all recorded: nothing to fetch, nothing to build. */
  recorded: boolean;
}

/** One build: which object tells it what to do, and where it tells what it did. */
export interface Batch {
  planKey: string;
  reportKey: string;
}

export interface PlanEvent {
  request: ReleaseRequest;
  execution: Execution;
  /** The source build's exported variables, in CodeBuild's form. */
  exported: { Name: string; Value: string }[];
}

/** What the release is made of, once the source is known. */
export interface Plan {
  version: string;
  /** Empty when every platform is recorded or stored already. */
  batches: Batch[];
}

export interface PairEvent {
  request: ReleaseRequest;
  plan: Plan;
}

export interface PublishEvent {
  request: ReleaseRequest;
  plan: Plan;
  execution: Execution;
}

/** A caught failure of a build task, in Step Functions' form. */
export interface ExplainEvent {
  step: "source" | "build";
  cmd: string;
  failure: { Error?: string; Cause?: string };
}
