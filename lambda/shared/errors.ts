/**
 * Characters. Step Functions cuts a cause at 32,768, and a function's error document holds the message twice (again in
 * the stack) and escaped: cut, it could not be read by the Failed state.
 */
const LONGEST_MESSAGE = 6000;

/**
 * Errors that an operator meets as the error of an execution, and that the state machine retries or catches by name.
 * The name is set as text because minified class names are not names.
 */
export abstract class HkdistError extends Error {
  abstract override readonly name: string;
  /** The message without its advice to who starts machines by hand. */
  readonly sentence: string;

  /** @param byHand ends the message: the input of a machine that would be right */
  constructor(sentence: string, { byHand, ...options }: ErrorOptions & { byHand?: string } = {}) {
    const message = [sentence, byHand].filter(Boolean).join(" ");
    super(message.length > LONGEST_MESSAGE ? `${message.slice(0, LONGEST_MESSAGE)} ...` : message, options);
    this.sentence = sentence;
  }
}

/** The execution's input is not a release that the configuration allows. */
export class InvalidReleaseRequestError extends HkdistError {
  override readonly name = "InvalidReleaseRequestError";
}

/** The source build looked at the repository and found nothing that may be released; `name` says which rule. */
export class SourceRefusedError extends HkdistError {
  override readonly name: string;
  constructor(name: string, message: string) {
    super(message);
    this.name = name;
  }
}

/** A tag that was released before now names another object or commit. */
export class MovedTagError extends HkdistError {
  override readonly name = "MovedTagError";
}

/** A build did not run to its end (service failure, time limit, broken script), as opposed to a compiler's error. */
export class BuildStoppedError extends HkdistError {
  override readonly name = "BuildStoppedError";
}

/** Platforms that did not compile; the message names each with the compiler's words. */
export class BuildFailedError extends HkdistError {
  override readonly name = "BuildFailedError";
}

/** Stored artifacts have no row yet: the state machine tries again for a while. */
export class NotRecordedYetError extends HkdistError {
  override readonly name = "NotRecordedYetError";
}

/** The recorder refused a stored artifact. */
export class ArtifactRefusedError extends HkdistError {
  override readonly name = "ArtifactRefusedError";
}

/** A build made other bytes than the ones that are recorded under that name. */
export class ArtifactConflictError extends HkdistError {
  override readonly name = "ArtifactConflictError";
}

/** No build's report tells how a recorded artifact was made, so its documents cannot be written. */
export class BuildReportMissingError extends HkdistError {
  override readonly name = "BuildReportMissingError";
}

/** Something else is stored under the name of a release's document. */
export class DocumentConflictError extends HkdistError {
  override readonly name = "DocumentConflictError";
}

/** The release would take clients to an older version, or back to one that was moved away from. */
export class PublishRefusedError extends HkdistError {
  override readonly name = "PublishRefusedError";
}

/** The input of a promotion, a yank or its undoing is not what it must be. */
export class InvalidPromoteRequestError extends HkdistError {
  override readonly name = "InvalidPromoteRequestError";
}

/** What is asked of a version that is not recorded, or a promotion that takes clients back or leaves platforms behind unsaid. */
export class PromoteRefusedError extends HkdistError {
  override readonly name = "PromoteRefusedError";
  /** Because the version is recorded nowhere. */
  readonly isUnknown: boolean;

  constructor(
    sentence: string,
    { isUnknown = false, ...options }: { byHand?: string; isUnknown?: boolean } = {},
  ) {
    super(sentence, options);
    this.isUnknown = isUnknown;
  }
}

/** The version was withdrawn: it is not built, stored or made current until that is undone. */
export class YankedVersionError extends HkdistError {
  override readonly name = "YankedVersionError";
}

/** The CDN did not take the order to forget what it keeps: the state machine tries again. */
export class InvalidationFailedError extends HkdistError {
  override readonly name = "InvalidationFailedError";
}

/** `current` has no room for the change: DynamoDB's items have at most 400 KB, and withdrawals stay in it. */
export class CurrentFullError extends HkdistError {
  override readonly name = "CurrentFullError";
}

/**
 * Somebody else changed `current` meanwhile: the release machine tries again, a promotion is left to the person.
 */
export class ConcurrentPublishError extends HkdistError {
  override readonly name = "ConcurrentPublishError";
}

/** A patch that was made or found does not turn its base into its target. */
export class PatchNotProvedError extends HkdistError {
  override readonly name = "PatchNotProvedError";
}

/** Somebody took away the row of what is current. */
export class CurrentMissingError extends HkdistError {
  override readonly name = "CurrentMissingError";
}
