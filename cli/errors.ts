/** Exit codes, for scripts. docs/cli.md has them in words. */
export const EXIT = {
  done: 0,
  /** It was done and the outcome is bad: an execution failed, the audit or the doctor found something. */
  failed: 1,
  /** The command line was not understood. */
  usage: 2,
  notFound: 3,
  notAllowed: 4,
  /** The person said no; or nobody could be asked. */
  declined: 5,
  /** AWS could not be reached, or did not do what it should. */
  trouble: 6,
  interrupted: 130,
} as const;

/** What a person is told when something does not go: what happened and what it means, and what to type next. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** For scripts, such as `NotFound`. */
  readonly kind: keyof typeof KINDS;
  readonly exit: number;
  /** A sentence or a command. */
  readonly next: string | undefined;

  constructor(
    kind: keyof typeof KINDS,
    message: string,
    { next, ...options }: ErrorOptions & { next?: string | undefined } = {},
  ) {
    super(message, options);
    this.kind = kind;
    this.exit = KINDS[kind];
    this.next = next;
  }
}

/** Kinds of errors, for scripts, and their exit codes. */
export const KINDS = {
  Usage: EXIT.usage,
  NotFound: EXIT.notFound,
  NotAllowed: EXIT.notAllowed,
  NoCredentials: EXIT.notAllowed,
  Refused: EXIT.failed,
  Declined: EXIT.declined,
  Trouble: EXIT.trouble,
} as const;
