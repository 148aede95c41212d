/** Characters that an execution's name may have. */
const LONGEST = 80;

/**
 * A name for a new execution that tells people what it is, and is its own: asked twice to start it, as after a lost answer, Step
 * Functions starts it once.
 */
export function newExecutionName(cmd: string, now = new Date()): string {
  const time = now.toISOString().replaceAll(/[-:]|\.\d+/g, "");
  const ending = `-${time}-${crypto.randomUUID().slice(0, 8)}`;
  return `${cmd.slice(0, LONGEST - ending.length)}${ending}`;
}
