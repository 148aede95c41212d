/** What was looked at, and how it is. */
export interface Finding {
  name: string;
  state: "ok" | "warning" | "failed" | "skipped";
  /** What was found, or why it was not looked at. */
  found: string;
  /** How to mend it: a command or a page. */
  next?: string | undefined;
}

export const ok = (name: string, found: string): Finding => ({ name, state: "ok", found });
export const skipped = (name: string, found: string): Finding => ({ name, state: "skipped", found });
export const warning = (name: string, found: string, next?: string): Finding => ({
  ...{ name, state: "warning", found, next },
});
export const failed = (name: string, found: string, next?: string): Finding => ({
  ...{ name, state: "failed", found, next },
});
