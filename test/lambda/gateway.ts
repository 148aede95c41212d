import { gunzipSync } from "node:zlib";
import type {
  GatewayEvent,
  gatewayResult,
  HttpAnswer,
  HttpRequest,
} from "../../lambda/shared/http/message.ts";
import { serve } from "../../lambda/shared/http/serve.ts";

export interface Options {
  headers?: Record<string, string>;
  body?: string | Buffer;
  /** ARN of who signed the request, when the route asks for a signature. */
  principal?: string | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  bytes: Buffer;
  /** The bytes as text. */
  body: string;
}

export type Ask = (method: string, target: string, options?: Options) => Promise<Answer>;

export const REQUEST_ID = "JKJaXmPLvHcESHA=";

/** Asks routes as a client does, through the HTTP API. `target` is what stands in the request's first line. */
export function behindGateway(answer: (request: HttpRequest) => Promise<HttpAnswer>): Ask {
  const handler = serve(answer);
  return async (method, target, options = {}) => answerOf(await handler(eventOf(method, target, options)));
}

/** The event of payload format 2.0, as AWS was seen to make it. */
export function eventOf(
  method: string,
  target: string,
  { headers = {}, body, principal }: Options = {},
): GatewayEvent {
  const [path = "", ...query] = target.split("?");
  const rawPath = decoded(path);
  const isBase64Encoded = Buffer.isBuffer(body);
  return {
    version: "2.0",
    routeKey: principal === undefined ? "$default" : `${method} /{proxy+}`,
    rawPath,
    rawQueryString: query.join("?"),
    headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value])),
    ...(body !== undefined && { body: isBase64Encoded ? body.toString("base64") : body }),
    isBase64Encoded,
    requestContext: {
      accountId: "123456789012",
      apiId: "api1",
      domainName: "directory.example.com",
      domainPrefix: "directory",
      http: { method, path: rawPath, protocol: "HTTP/1.1", sourceIp: "192.0.2.1", userAgent: "" },
      requestId: REQUEST_ID,
      routeKey: "$default",
      stage: "$default",
      time: "31/Jan/2026:12:00:00 +0000",
      timeEpoch: 1_769_860_800_000,
      ...(principal !== undefined && { authorizer: { iam: { userArn: principal } } }),
    },
  };
}

/** The gateway decodes every escape but that of `%`. */
function decoded(path: string): string {
  return path.replace(/(?:%(?!25)[0-9a-f]{2})+/gi, (escapes) =>
    Buffer.from(escapes.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

function answerOf(result: ReturnType<typeof gatewayResult>): Answer {
  const { statusCode, headers, body = "", isBase64Encoded = false } = result;
  const bytes = Buffer.from(body, isBase64Encoded ? "base64" : "utf8");
  return {
    status: Number(statusCode),
    headers: headers as Record<string, string>,
    bytes,
    body: bytes.toString("utf8"),
  };
}

/** The body as a client sees it that unpacks what it asked to be packed. */
export function unpacked({ headers, bytes }: Answer): string {
  return (headers["content-encoding"] === "gzip" ? gunzipSync(bytes) : bytes).toString("utf8");
}
