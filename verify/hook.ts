import { UserError } from "../tools/user-error.ts";

/** Whether a hook may run here. */
export interface HookConsent {
  /** `--run-hook`: whatever the statement says. */
  runHook: boolean;
  /** `--hook`: the text of the user's own copy. */
  hook: string | undefined;
}

/**
 * Shows a statement's hook, which is a script of whoever can write the statement.
 * @throws UserError unless the user has agreed to run it
 */
export function permitHook(
  stated: string | undefined,
  { runHook, hook }: HookConsent,
  log: (line: string) => void,
): void {
  if (hook !== undefined && trimmed(hook) !== trimmed(stated ?? "")) {
    throw new UserError("The file that --hook names is not the hook that this release was built with.");
  }
  if (stated === undefined || hook !== undefined) return;
  log(`The release was built with this hook, which is code of the deployment:\n${stated}`);
  if (runHook) return;
  throw new UserError(
    "To build it again, this hook must run here, with your rights: read it, then say --run-hook, or --hook <file> with your copy.",
  );
}

/** The report has it without the ends of its last lines. */
function trimmed(text: string): string {
  return text.replace(/\n+$/, "");
}
