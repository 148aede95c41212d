import { type HttpAnswer, type HttpRequest, line, notFound } from "../shared/http/message.ts";
import { isCommand, isPlatform } from "../shared/names.ts";
import type { Table } from "../shared/table.ts";
import { isVersion } from "../shared/version.ts";
import { sha256InBody, versionInBody } from "./body.ts";
import type { RecordNow } from "./record-by-function.ts";
import { registerArtifact } from "./register-artifact.ts";
import { setCurrent } from "./set-current.ts";

export interface Registry {
  table: Table;
  record: RecordNow;
}

const PATH = /^\/([^/]+)\/([^/]+)\/([^/]+)\.json$/;

/**
 * Answers a PUT: registers an artifact that is stored, or makes a registered version current. IAM has decided by the
 * request's path, so the path alone says what is written; without a principal nothing is.
 */
export async function answer(registry: Registry, request: HttpRequest): Promise<HttpAnswer> {
  const { principal } = request;
  if (principal === undefined) return line(403, "forbidden: sign the request with AWS Signature Version 4");
  const match = request.method === "PUT" ? PATH.exec(request.path) : null;
  if (match === null) return notFound();
  const [, cmd = "", version = "", platform = ""] = match;
  const isCurrent = version === "current";
  if (!isCommand(cmd) || !isPlatform(platform) || !(isCurrent || isVersion(version))) {
    return line(400, "bad character in path");
  }
  if (isCurrent) {
    const wanted = versionInBody(request.body);
    if (wanted === undefined) return unprocessable('the body must be {"version": "<version>"}');
    const change = { cmd, platform, version: wanted, force: request.query.get("force") === "true" };
    return setCurrent(registry.table, { ...change, by: principal });
  }
  const sha256 = sha256InBody(request.body);
  if (sha256 === undefined) {
    return unprocessable('the body must be {"sha256": "<padded base64 of the binary\'s SHA-256>"}');
  }
  return registerArtifact(registry, { cmd, version, platform }, sha256);
}

/** The original's line, byte for byte, with what to do about it beside it. */
function unprocessable(problem: string): HttpAnswer {
  return line(422, "unprocessable entity", { "hkdist-problem": problem });
}
