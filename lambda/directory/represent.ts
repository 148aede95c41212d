import { createHash } from "node:crypto";
import { gzipSync } from "node:zlib";
import type { HttpAnswer, HttpRequest } from "../shared/http/message.ts";

/** Bytes. Below it, gzip saves less than a packet. */
const WORTH_COMPRESSING = 1400;

/**
 * Gives a 200 its strong ETag, and the client the form it asked for: 304 when it has these bytes, gzip when it takes it.
 * Each form has an ETag of its own, as RFC 9110 asks of strong ones (section 8.8.3.3), and a client may come back with
 * either.
 */
export function represent(request: HttpRequest, answer: HttpAnswer): HttpAnswer {
  const { status, headers, body } = answer;
  if (status !== 200) return answer;
  const hash = createHash("sha256").update(body).digest("base64url").slice(0, 22); // 132 bits
  const compressible = body.length > WORTH_COMPRESSING;
  const compressed = compressible && takesGzip(request.headers["accept-encoding"] ?? "");
  const tags = { plain: `"${hash}"`, gzip: `"${hash}-gzip"` };
  const described: Record<string, string> = {
    ...headers,
    etag: compressed ? tags.gzip : tags.plain,
    ...(compressible && { vary: "Accept-Encoding" }),
  };
  if (holds(request.headers["if-none-match"], Object.values(tags))) {
    const { "content-type": _, ...withoutType } = described;
    return { status: 304, headers: withoutType, body: "" };
  }
  if (!compressed) return { status, headers: described, body };
  return { status, headers: { ...described, "content-encoding": "gzip" }, body: gzipSync(body) };
}

/** Whether If-None-Match names one of the tags. The comparison is the weak one, as RFC 9110 says for it (13.1.2). */
function holds(ifNoneMatch: string | undefined, tags: string[]): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch.trim() === "*") return true;
  const named: string[] = ifNoneMatch.match(/"[^"]*"/g) ?? [];
  return named.some((tag) => tags.includes(tag));
}

/** RFC 9110, section 12.5.3: a coding with `q=0` is refused, `*` stands for those that are not named. */
function takesGzip(acceptEncoding: string): boolean {
  const weights = new Map<string, number>();
  for (const part of acceptEncoding.toLowerCase().split(",")) {
    const [coding = "", ...parameters] = part.split(";").map((text) => text.trim());
    const weight = parameters.find((parameter) => parameter.startsWith("q="));
    weights.set(coding, weight === undefined ? 1 : Number(weight.slice(2)));
  }
  return (weights.get("gzip") ?? weights.get("*") ?? 0) > 0;
}
