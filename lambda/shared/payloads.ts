/** What the machines hand from state to state. Each handler takes a part of it and adds its own. */

/** A configured command as the release machine knows it: a constant in the machine's definition. */
export interface ReleasableCommand {
  /** Where its tags are, for people who want to look. */
  repository: string;
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
  execution: Execution;
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
  /** The tag's artifacts are all recorded, with their documents: nothing to fetch, nothing to build. */
  recorded: boolean;
  /** Explicit base versions of patches. Empty: the newest older ones. */
  bases: string[];
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
  execution: Execution;
  /** When the execution started, RFC 3339: what was refused before that has been looked at again since. */
  startedAt: string;
}

/** One patch to make. */
export interface PatchPair {
  platform: string;
  /** The base version. */
  from: string;
}

/** What the release consists of: the recorded artifacts, and the patches that are still to be made, newest bases first. */
export interface Paired {
  /** Sizes in bytes; hashes are standard padded base64. */
  artifacts: { platform: string; sha256: string; size: number; gzSize: number }[];
  pairs: PatchPair[];
}

export interface DescribeEvent {
  request: ReleaseRequest;
  plan: Plan;
  execution: Execution;
}

/** Keys, in the artifacts bucket, of the documents that go with the release's artifacts. */
export interface Described {
  documents: string[];
}

export interface PatchEvent {
  cmd: string;
  version: string;
  pair: PatchPair;
  execution: Execution;
}

/** What became of a pair, as the execution's output shows it. Sizes in bytes. */
export type PatchResult = PatchPair &
  ({ outcome: "made" | "present"; size: number } | { outcome: "none" | "failed"; reason: string });

export interface PublishEvent {
  request: ReleaseRequest;
  plan: Plan;
  execution: Execution;
  /** When the execution started, RFC 3339: a rollback since then is the later word. */
  startedAt: string;
}

/** A caught failure of a build task, in Step Functions' form. */
export interface ExplainEvent {
  step: "source" | "build";
  cmd: string;
  failure: { Error?: string; Cause?: string };
  execution: Execution;
}

/** What the promote machine is asked for, checked. */
export interface PromoteRequest {
  cmd: string;
  version: string;
  /** Make it current; withdraw it; undo that. */
  action: "promote" | "yank" | "restore";
  /**
   * Whether a promotion may take clients to an older version, back to one that they were moved away from, or leave platforms
   * behind on which it is not recorded.
   */
  force: boolean;
  /** Of a yank; else empty. */
  reason: string;
  /** Of a promotion: the revision of `current` that its asker saw. It changes no other one. */
  revision?: number;
}

export interface PromoteEvent {
  /** The execution's input. */
  input: unknown;
  /** The configured commands' names. */
  commands: string[];
  execution: Execution;
}

/** What became of `current`. */
export interface Promoted extends Pick<PromoteRequest, "cmd" | "version" | "action"> {
  revision: number;
  /** False when it was so already. */
  changed: boolean;
  /** Version by platform, before and after, of the platforms that changed; without `to` where no good version was left. */
  from: Record<string, string>;
  to: Record<string, string>;
}

export interface WithdrawEvent {
  promoted: Promoted;
  execution: Execution;
}

/** What was done to a version's objects, as counts: delete markers put and taken off, paths that the CDN forgets. */
export interface Withdrawn {
  marked: number;
  unmarked: number;
  invalidated: number;
}

export interface BasesEvent {
  promoted: Promoted;
  execution: Execution;
}

/** A pair with a target of its own: what a yank leaves current may differ from platform to platform. */
export interface TargetedPair extends PatchPair {
  to: string;
}

/** The patches that are still to be made, newest bases first. */
export interface Bases {
  pairs: TargetedPair[];
}
