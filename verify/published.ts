import { createHash } from "node:crypto";
import { gunzipSync } from "node:zlib";
import {
  type ArtifactId,
  artifactObjectKey,
  binaryName,
  laterProvenanceObjectKey,
  provenanceObjectKey,
} from "../lambda/shared/keys.ts";
import { isPlatform } from "../lambda/shared/names.ts";
import { UserError } from "../tools/user-error.ts";
import { readStatement, type Statement } from "./statement.ts";

/** Where a deployment publishes. Both end in `/`. */
export interface Deployment {
  directoryUrl: string;
  artifactsUrl: string;
}

/** Milliseconds for one answer, a full binary too. */
const LIMIT = 120_000;

/**
 * The platforms that the directory has a version for, in its order.
 * @throws UserError when there are none
 */
export async function publishedPlatforms(
  { directoryUrl }: Deployment,
  cmd: string,
  version: string,
): Promise<string[]> {
  const url = `${directoryUrl}release.json`;
  const all = (await json(url)) as { cmd: string; version: string; platform: string }[];
  const mine = all.filter((one) => one.cmd === cmd && one.version === version && isPlatform(one.platform));
  if (mine.length === 0) throw new UserError(`The directory has no ${cmd} ${version}: see ${url}`);
  return mine.map(({ platform }) => platform);
}

/** The SHA-256 that the directory tells clients, standard padded base64. */
export async function toldSha256({ directoryUrl }: Deployment, id: ArtifactId): Promise<string> {
  const url = `${directoryUrl}${id.cmd}/${id.version}/${id.platform}.json`;
  return ((await json(url)) as { sha256: string }).sha256;
}

/** What clients download: the gzip, and the SHA-256 of the binary in it (standard padded base64; empty when it is no gzip). */
export async function download(
  { artifactsUrl }: Deployment,
  id: ArtifactId,
): Promise<{ gzip: Buffer; sha256: string }> {
  const gzip = await get(`${artifactsUrl}${artifactObjectKey(id)}`);
  try {
    return { gzip, sha256: createHash("sha256").update(gunzipSync(gzip)).digest("base64") };
  } catch {
    return { gzip, sha256: "" };
  }
}

/** The statement that has an artifact among its subjects, or undefined when none has. */
export async function statementOf(
  { artifactsUrl }: Deployment,
  id: ArtifactId,
): Promise<Statement | undefined> {
  for (const key of [provenanceObjectKey(id.cmd, id.version), laterProvenanceObjectKey(id)]) {
    const url = `${artifactsUrl}${key}`;
    const answer = await request(url);
    // CloudFront may not list, so a missing key is 403.
    if (answer.status === 403 || answer.status === 404) continue;
    if (!answer.ok) throw new UserError(`${url} answered ${answer.status}.`);
    const statement = readStatement(await answer.text(), url);
    if (statement.subjects.has(binaryName(id))) return statement;
  }
  return undefined;
}

async function json(url: string): Promise<unknown> {
  const text = (await get(url)).toString("utf8");
  try {
    return JSON.parse(text);
  } catch {
    throw new UserError(`${url} is not JSON.`);
  }
}

async function get(url: string): Promise<Buffer> {
  const answer = await request(url);
  if (!answer.ok) throw new UserError(`${url} answered ${answer.status}.`);
  return Buffer.from(await answer.arrayBuffer());
}

async function request(url: string): Promise<Response> {
  try {
    return await fetch(url, { signal: AbortSignal.timeout(LIMIT) });
  } catch (error) {
    const { message, cause } = error as Error;
    throw new UserError(`${url} cannot be reached: ${(cause as Error | undefined)?.message || message}`);
  }
}
