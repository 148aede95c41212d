import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { S3Client } from "@aws-sdk/client-s3";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { clientSettings, type LocalAws } from "../../local/local-aws.ts";
import { UserError } from "../../tools/user-error.ts";
import { DIFFERENCES, type Expected, type Question } from "./differences.ts";
import type { Observed, State } from "./observed.ts";
import { type Answer, send } from "./send.ts";
import { load, setAside } from "./states.ts";
import { bodyToSend, storeObjects } from "./stored.ts";

/** One request replayed. */
export interface Replayed {
  observed: Observed;
  /** Undefined when what came was no answer. */
  answer: Answer | undefined;
  /** Why the answer was to be another than the observed one, if it was. */
  reasons: string[];
  /** What was not as it had to be, one line each. */
  unexplained: string[];
}

/** Where the original kept its binaries; ours are under the artifacts URL. */
const OBSERVED_ARTIFACTS = "https://hkdist.s3.amazonaws.com/";

/**
 * Sends every observed request to a local AWS, each in its state, and holds the answers against the observed ones. What the
 * table held is put back in the end; the objects that registrations needed stay.
 * @throws UserError when a request names a state that there is not
 */
export async function* replay(
  local: LocalAws,
  requests: readonly Observed[],
  states: readonly State[],
): AsyncGenerator<Replayed> {
  const byName = new Map(states.map((state) => [state.state, state]));
  const client = clientSettings(local);
  const table = { name: local.table, documents: DynamoDBDocumentClient.from(new DynamoDBClient(client)) };
  const putBack = await setAside(table);
  try {
    await storeObjects({ s3: new S3Client(client), bucket: local.artifactsBucket, table }, requests);
    let loaded: string | undefined;
    for (const observed of requests) {
      const state = byName.get(observed.state_before);
      if (state === undefined) {
        throw new UserError(
          `request ${observed.seq} names the state ${observed.state_before}, and there is none`,
        );
      }
      if (loaded !== state.state) await load(table, state);
      loaded = observed.method === "PUT" ? undefined : state.state;
      yield await replayOne(local, observed, state);
    }
  } finally {
    await putBack();
  }
}

async function replayOne(local: LocalAws, observed: Observed, state: State): Promise<Replayed> {
  const headers: [string, string][] = (observed.request_headers ?? []).map(([name, value]) => [
    name,
    // Nothing of ours depends on times, so any will do.
    value.replaceAll(/\{\{lm.*?\}\}/g, "Wed, 04 Jun 2014 00:00:00 GMT"),
  ]);
  if (observed.auth) headers.push(["Authorization", rootAuthorization(local)]);
  const target = { method: observed.method, path: below(local.directoryUrl, observed.path) };
  const { expected, reasons } = expectation(observed, state);
  let answer: Answer;
  try {
    answer = await send(new URL(local.endpointUrl), target, headers, bodyToSend(observed));
  } catch (error) {
    return { observed, answer: undefined, reasons, unexplained: [(error as Error).message] };
  }
  return { observed, answer, reasons, unexplained: differences(local, observed, expected, answer) };
}

/** The observed path below the local directory's; a whole URL in the request line stays one. */
function below(directoryUrl: string, path: string): string {
  const prefix = new URL(directoryUrl).pathname.replace(/\/$/, "");
  const [, origin = "", rest = ""] = /^(https?:\/\/[^/]+)?(.*)$/s.exec(path) ?? [];
  return `${origin}${prefix}${rest}`;
}

/** The local AWS takes its root user's word without looking at the signature; users' permissions have tests of their own. */
function rootAuthorization(local: LocalAws): string {
  const { accessKeyId } = clientSettings(local).credentials;
  const day = new Date().toISOString().slice(0, 10).replaceAll("-", "");
  const scope = `${accessKeyId}/${day}/${local.region}/execute-api/aws4_request`;
  return `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=${"0".repeat(64)}`;
}

function expectation(observed: Observed, state: State): { expected: Expected; reasons: string[] } {
  const [route = "", ...query] = observed.path.replace(/^https?:\/\/[^/]+/, "").split("?");
  const given = (name: string) =>
    (observed.request_headers ?? []).flatMap(([one, value]) => (one.toLowerCase() === name ? [value] : []));
  const question: Question = {
    observed,
    state,
    path: decoded(route),
    query: new URLSearchParams(query.join("?")),
    header: (name) => (given(name).length === 0 ? undefined : given(name).join(",")),
    count: (name) => given(name).length,
  };
  const location = observed.headers["location"]?.replace(OBSERVED_ARTIFACTS, "artifacts:");
  let expected: Expected = {
    status: observed.status,
    headers: { ...observed.headers, ...(location !== undefined && { location }) },
    body: observed.method === "HEAD" ? "" : observed.body,
  };
  const reasons: string[] = [];
  for (const { reason, atGateway, expect } of DIFFERENCES) {
    const changed = expect(question, expected);
    if (changed === undefined) continue;
    const next = { ...expected, ...changed };
    if (observed.method === "HEAD") next.body = "";
    if (!isSame(expected, next)) reasons.push(reason);
    expected = next;
    if (atGateway) break;
  }
  return { expected, reasons };
}

/** As HTTP APIs do: every escape but that of `%` itself. Bytes that are no text become U+FFFD. */
function decoded(path: string): string {
  return path.replaceAll(/(?:%(?!25)[0-9A-Fa-f]{2})+/g, (run) =>
    Buffer.from(run.replaceAll("%", ""), "hex").toString("utf8"),
  );
}

function isSame(a: Expected, b: Expected): boolean {
  const plain = ({ status, headers, body }: Expected) =>
    JSON.stringify([status, Object.entries(headers).sort(), String(body)]);
  return plain(a) === plain(b);
}

function differences(local: LocalAws, observed: Observed, expected: Expected, answer: Answer): string[] {
  const found: string[] = [];
  const location = answer.headers["location"]?.replace(local.artifactsUrl, "artifacts:");
  const headers: Record<string, string> = { ...answer.headers, ...(location !== undefined && { location }) };
  // The S3 event may have come first.
  const status =
    observed.status === 201 && expected.status === 201 && answer.status === 200 ? 201 : answer.status;
  if (expected.status !== undefined && status !== expected.status)
    found.push(`status ${expected.status ?? "below 500"}, but ${answer.status}`);
  for (const [name, value] of Object.entries(expected.headers)) {
    const given = headers[name];
    const right =
      value === null ? given === undefined : value === "<present>" ? given !== undefined : given === value;
    if (!right) found.push(`${name}: ${value}, but ${given}`);
  }
  const body = answer.status === 200 && expected.status === 201 ? "created\n" : answer.body;
  const right =
    expected.body === undefined ||
    (typeof expected.body === "string" ? body === expected.body : expected.body.test(body));
  if (!right) found.push(`body ${shown(expected.body)}, but ${shown(body)}`);
  return found;
}

function shown(body: string | RegExp | undefined): string {
  const text = typeof body === "string" ? JSON.stringify(body) : String(body);
  return text.length > 200 ? `${text.slice(0, 200)} ... (${text.length} characters)` : text;
}
