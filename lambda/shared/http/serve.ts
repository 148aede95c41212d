import type { APIGatewayProxyStructuredResultV2, Context } from "aws-lambda";
import { log } from "../log.ts";
import { cleanedPath } from "./clean-path.ts";
import {
  type GatewayEvent,
  gatewayResult,
  type HttpAnswer,
  type HttpRequest,
  line,
  redirect,
  requestOf,
  withStandardHeaders,
} from "./message.ts";

/**
 * Bytes of the function's whole answer. Lambda carries 6 MB of JSON, in which text is escaped and bytes are base64:
 * what would come close is refused, since a cut answer could pass for a whole one.
 */
const LARGEST_ANSWER = 5_000_000;
/** Named in lib/directory.ts, where an alarm watches for it. */
export const TOO_LARGE = "answer-too-large";

/** Seconds. The table's throttling and a lost connection pass within moments. */
const RETRY_AFTER = "5";

/**
 * Makes routes a function behind the HTTP API. Unclean paths are redirected to the clean one with their query. Whatever the
 * routes throw becomes 503 (the store is away, throttles or fails: a client keeps what it has and asks again) and
 * one log line with the request's id, which the client finds in the gateway's `apigw-requestid`.
 */
export function serve(answer: (request: HttpRequest) => Promise<HttpAnswer>) {
  return async (event: GatewayEvent, _context?: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const request = requestOf(event);
    try {
      const result = gatewayResult(
        withStandardHeaders(redirected(request, event) ?? (await answer(request))),
      );
      const bytes =
        (result.body?.length ?? 0) < LARGEST_ANSWER / 10 ? 0 : Buffer.byteLength(JSON.stringify(result));
      return bytes > LARGEST_ANSWER ? tooLarge(event, bytes) : result;
    } catch (error) {
      const { requestId } = event.requestContext;
      const { method, path } = request;
      log("failed", {
        requestId,
        method,
        path,
        error: String(error),
        stack: error instanceof Error ? error.stack : undefined,
      });
      const sorry = line(503, "The directory cannot answer right now. Try again in a moment.", {
        "retry-after": RETRY_AFTER,
      });
      return gatewayResult(withStandardHeaders(sorry));
    }
  };
}

function redirected({ method, path }: HttpRequest, { rawQueryString }: GatewayEvent): HttpAnswer | undefined {
  const clean = cleanedPath(path);
  if (clean === undefined) return undefined;
  const moved = redirect(301, escaped(rawQueryString ? `${clean}?${rawQueryString}` : clean));
  if (method === "GET") return moved;
  if (method === "HEAD") return { ...moved, body: "" };
  return { ...moved, headers: { ...moved.headers, "content-type": "text/plain; charset=utf-8" }, body: "" };
}

/** A query comes as the client wrote it: what a header or a link must not hold is escaped, escapes stay. */
function escaped(location: string): string {
  return encodeURI(location.toWellFormed()).replaceAll("%25", "%");
}

function tooLarge({ requestContext, rawPath }: GatewayEvent, bytes: number) {
  log(TOO_LARGE, { requestId: requestContext.requestId, path: rawPath, bytes, limit: LARGEST_ANSWER });
  const sorry =
    `This answer would be ${bytes} bytes, and the gateway carries ${LARGEST_ANSWER}. ` +
    "A client that accepts gzip may still get it.";
  return gatewayResult(withStandardHeaders(line(503, sorry)));
}
