/** Bytes; the original read no more. */
const LONGEST_BODY = 1000;

/**
 * The version that a PUT's body asks for.
 * @returns undefined when the body says none, or is anything but one JSON object
 */
export function versionInBody(body: Buffer): string | undefined {
  // To Go's decoder null leaves a text as it is.
  return textsInBody(body, /^version$/iu)?.findLast((value) => value !== null) ?? undefined;
}

/**
 * The SHA-256 that a PUT's body tells, in the one canonical spelling of standard padded base64: decoders ignore the last
 * two bits of 32 bytes.
 * @returns undefined when the body tells none, or something that is no base64, or is anything but one JSON object
 */
export function sha256InBody(body: Buffer): string | undefined {
  const texts = textsInBody(body, /^sha256$/iu) ?? [];
  const last = texts.at(-1) ?? "";
  if (!texts.every((text) => text === null || BASE64.test(text))) return undefined;
  return /^[^=]{43}=$/.test(last) ? Buffer.from(last, "base64").toString("base64") : undefined;
}

const BASE64 = /^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}(==|[A-Za-z0-9+/]=))?$/;

/**
 * What a body of one JSON object has under a name, as Go's decoder read it before: the name counts in any case (also in
 * letters that Unicode folds to it), the last of several is taken, and any value but a text or null spoils the whole.
 */
function textsInBody(body: Buffer, name: RegExp): (string | null)[] | undefined {
  if (body.length > LONGEST_BODY) return undefined;
  const text = body.toString("utf8");
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  } catch {
    return undefined;
  }
  const values = members(text)
    .filter(([key]) => name.test(key))
    .map(([, value]) => value);
  const isText = (value: unknown) => typeof value === "string" || value === null;
  return values.every(isText) ? (values as (string | null)[]) : undefined;
}

/** The members of a JSON object as they are written: `JSON.parse` keeps one of each key, and not where the last one stood. */
function members(object: string): [string, unknown][] {
  const found: [string, unknown][] = [];
  let depth = 0;
  let key: string | undefined;
  let from = 0;
  for (const { 0: token, index } of object.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],:]/g)) {
    if (token === "{" || token === "[") depth++;
    if (depth === 1 && key === undefined && token.startsWith('"')) key = JSON.parse(token) as string;
    if (depth === 1 && token === ":") from = index + 1;
    if (depth === 1 && (token === "," || token === "}") && key !== undefined) {
      found.push([key, JSON.parse(object.slice(from, index))]);
      key = undefined;
    }
    if (token === "}" || token === "]") depth--;
  }
  return found;
}
