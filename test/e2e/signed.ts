import { type Credentials, signedHeaders } from "../../tools/signed-request.ts";
import { type Answer, send } from "../golden/send.ts";
import { local, options } from "./setting.ts";

export type { Credentials };

/** The local AWS's root user, whose word is taken. */
export const ROOT: Credentials = options.credentials;

/** A PUT on the directory, signed as `curl --aws-sigv4` signs it, or unsigned. */
export async function put(
  path: string,
  body: string,
  credentials: Credentials | "unsigned" = ROOT,
): Promise<Response> {
  const url = new URL(`${local.directoryUrl}${path}`);
  const headers = { host: url.host, "content-type": "application/json" };
  const init = { method: "PUT", body, redirect: "manual" } as const;
  if (credentials === "unsigned") return fetch(url, { ...init, headers });
  const query = Object.fromEntries(url.searchParams);
  const signed = await sign({ path: url.pathname, query, headers, body }, credentials);
  return fetch(url, { ...init, headers: signed });
}

/** The same with the path as it is written here: `fetch` would resolve its dots. */
export async function putVerbatim(path: string, body: string, credentials: Credentials): Promise<Answer> {
  const url = new URL(local.directoryUrl);
  const target = { method: "PUT", path: `${url.pathname}${path}` };
  const unsigned = { path: target.path, headers: { host: url.host }, body };
  const { host: _, ...headers } = await sign(unsigned, credentials);
  return send(url, target, Object.entries(headers), Buffer.from(body));
}

const sign = (unsigned: Parameters<typeof signedHeaders>[2], credentials: Credentials) =>
  signedHeaders(local.directoryUrl, local.region, unsigned, credentials);
