/** A failure that the person at the keyboard can do something about: its message says what. */
export class LocalError extends Error {
  override name = "LocalError";
}
