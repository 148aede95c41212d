/** Bytes; the original read no more. */
const LONGEST_BODY = 1000;

/**
 * The text that a PUT's body has under `name`: one JSON object, other keys ignored. Go's decoder took the name in any
 * case, also in the letters that Unicode folds to it, and of several the last one; so do we.
 * @returns undefined when the body is anything else
 */
export function textInBody(body: Buffer, name: RegExp): string | undefined {
  if (body.length > LONGEST_BODY) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
  if (typeof value !== "object" || value === null) return undefined;
  const found = Object.entries(value).findLast(([key]) => name.test(key))?.[1];
  return typeof found === "string" ? found : undefined;
}

/** The names that bodies have. */
export const SHA256 = /^sha256$/iu;
export const VERSION = /^version$/iu;

/**
 * A SHA-256 as the protocol writes it, standard padded base64 of 32 bytes, in its one canonical spelling: decoders ignore
 * the last two bits.
 * @returns undefined when the text is anything else
 */
export function canonicalSha256(text: string): string | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/.test(text)) return undefined;
  return Buffer.from(text, "base64").toString("base64");
}
