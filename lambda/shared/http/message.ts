import type { APIGatewayProxyEventV2, APIGatewayProxyStructuredResultV2 } from "aws-lambda";

/** A request as the routes see it. */
export interface HttpRequest {
  method: string;
  /** Without the query. The gateway has decoded its escapes, all but `%25`, before any code of ours. */
  path: string;
  query: URLSearchParams;
  /** By lower-case name, as the gateway hands them on; several of one name come joined by commas. */
  headers: Record<string, string | undefined>;
  body: Buffer;
  /** ARN of who signed it, when the gateway has checked a signature. */
  principal: string | undefined;
}

export interface HttpAnswer {
  status: number;
  headers: Record<string, string>;
  body: string | Buffer;
}

/** Payload format 2.0 of HTTP APIs: docs.aws.amazon.com, "Create AWS Lambda proxy integrations for HTTP APIs". */
export type GatewayEvent = Omit<APIGatewayProxyEventV2, "requestContext"> & {
  requestContext: APIGatewayProxyEventV2["requestContext"] & { authorizer?: { iam?: { userArn?: string } } };
};

export function requestOf(event: GatewayEvent): HttpRequest {
  return {
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: new URLSearchParams(event.rawQueryString),
    headers: event.headers,
    body: Buffer.from(event.body ?? "", event.isBase64Encoded ? "base64" : "utf8"),
    principal: event.requestContext.authorizer?.iam?.userArn,
  };
}

/** The gateway takes text as it is, and bytes in base64. */
export function gatewayResult({ status, headers, body }: HttpAnswer): APIGatewayProxyStructuredResultV2 {
  return Buffer.isBuffer(body)
    ? { statusCode: status, headers, body: body.toString("base64"), isBase64Encoded: true }
    : { statusCode: status, headers, body };
}

/** A short plain line, not to be kept: errors, and the answers to PUT. */
export function line(status: number, text: string, headers: Record<string, string> = {}): HttpAnswer {
  return {
    status,
    headers: { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers },
    body: `${text}\n`,
  };
}

export function notFound(): HttpAnswer {
  return line(404, "404 page not found");
}

/** To another URL, of characters that need no escaping; with a link for people, as Go's `http.Redirect` has it. */
export function redirect(
  status: 301 | 307,
  location: string,
  headers: Record<string, string> = {},
): HttpAnswer {
  const said = status === 301 ? "Moved Permanently" : "Temporary Redirect";
  return {
    status,
    headers: {
      location,
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    },
    body: `<a href="${escapeHtml(location)}">${said}</a>.\n\n`,
  };
}

const HTML_ESCAPES: Record<string, string> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&#34;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => HTML_ESCAPES[character] ?? character);
}

/** On every answer, whatever it is: nobody guesses another type, frames a page, or is told where people came from. */
const ALWAYS = {
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
};

export function withStandardHeaders(answer: HttpAnswer): HttpAnswer {
  return { ...answer, headers: { ...answer.headers, ...ALWAYS } };
}
