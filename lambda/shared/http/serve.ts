import { setTimeout as sleep } from "node:timers/promises";
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
/** Milliseconds before the function's end in which it still says so. */
const SORRY_TAKES = 1000;

/**
 * Makes routes a function behind the HTTP API. Unclean paths are redirected to the clean one with their query. Whatever the
 * routes throw becomes 503 (the store is away, throttles or fails: a client keeps what it has and asks again) and
 * one log line with the request's id, which the client finds in the gateway's `apigw-requestid`. HEAD is answered as GET,
 * without the body.
 */
export function serve(answer: (request: HttpRequest) => Promise<HttpAnswer>) {
  return async (event: GatewayEvent, context?: Context): Promise<APIGatewayProxyStructuredResultV2> => {
    const request = requestOf(event);
    const { requestId } = event.requestContext;
    const limit = (context?.getRemainingTimeInMillis() ?? Number.POSITIVE_INFINITY) - SORRY_TAKES;
    const inTime = () => beforeLimit(answer(request), limit);
    const said = redirected(request, event) ?? (await answeredOrSorry(inTime, request, requestId));
    const whole = withStandardHeaders(carried(said, request, requestId));
    return gatewayResult(request.method === "HEAD" ? { ...whole, body: "" } : whole);
  };
}

/** A table that is slow at every one of many reads must not take us to the function's own end, which says nothing. */
async function beforeLimit<Result>(result: Promise<Result>, milliseconds: number): Promise<Result> {
  if (!Number.isFinite(milliseconds)) return result;
  const timer = new AbortController();
  const late = sleep(milliseconds, undefined, { signal: timer.signal }).then(() => {
    throw new Error(`no answer within ${milliseconds} ms`);
  });
  late.catch(() => {}); // when it is called off
  try {
    return await Promise.race([result, late]);
  } finally {
    timer.abort();
  }
}

async function answeredOrSorry(
  answer: () => Promise<HttpAnswer>,
  request: HttpRequest,
  requestId: string,
): Promise<HttpAnswer> {
  try {
    return await answer();
  } catch (error) {
    const { method, path } = request;
    const stack = error instanceof Error ? error.stack : undefined;
    log("failed", { requestId, method, path, error: String(error), stack });
    return line(503, "The directory cannot answer right now. Try again in a moment.", {
      "retry-after": RETRY_AFTER,
    });
  }
}

/** The answer, or what is said in its place when the gateway could not carry it whole. */
function carried(answer: HttpAnswer, { path }: HttpRequest, requestId: string): HttpAnswer {
  if (answer.body.length < LARGEST_ANSWER / 10) return answer;
  const bytes = Buffer.byteLength(JSON.stringify(gatewayResult(withStandardHeaders(answer))));
  if (bytes <= LARGEST_ANSWER) return answer;
  log(TOO_LARGE, { requestId, path, bytes, limit: LARGEST_ANSWER });
  const reason = `This answer would be ${bytes} bytes, and the gateway carries ${LARGEST_ANSWER}.`;
  return line(503, `${reason} A client that accepts gzip may still get it.`);
}

function redirected({ method, path }: HttpRequest, { rawQueryString }: GatewayEvent): HttpAnswer | undefined {
  const clean = cleanedPath(path);
  if (clean === undefined) return undefined;
  const moved = redirect(301, headerSafe(rawQueryString ? `${clean}?${rawQueryString}` : clean));
  if (method === "GET" || method === "HEAD") return moved;
  return { ...moved, headers: { ...moved.headers, "content-type": "text/plain; charset=utf-8" }, body: "" };
}

/** A query comes as the client wrote it, and stays so unless it could not stand in a header. */
function headerSafe(location: string): string {
  return /^[!#-;=?-~]*$/.test(location)
    ? location
    : encodeURI(location.toWellFormed()).replaceAll("%25", "%");
}
