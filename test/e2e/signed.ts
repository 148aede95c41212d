import { createHash, createHmac, type Hash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";
import { type Answer, send } from "../golden/send.ts";
import { local, options } from "./setting.ts";

/** The local AWS's root user, whose word is taken. */
export const ROOT = options.credentials;
export type Credentials = typeof ROOT;

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
  return fetch(url, { ...init, headers: await sign(url.pathname, url.search, headers, body, credentials) });
}

/** The same with the path as it is written here: `fetch` would resolve its dots. */
export async function putVerbatim(path: string, body: string, credentials: Credentials): Promise<Answer> {
  const url = new URL(local.directoryUrl);
  const target = { method: "PUT", path: `${url.pathname}${path}` };
  const { host: _, ...headers } = await sign(target.path, "", { host: url.host }, body, credentials);
  return send(url, target, Object.entries(headers), Buffer.from(body));
}

async function sign(
  path: string,
  search: string,
  headers: Record<string, string>,
  body: string,
  credentials: Credentials,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({
    service: "execute-api",
    region: local.region,
    credentials,
    sha256: Sha256,
  });
  const { protocol, hostname, port } = new URL(local.directoryUrl);
  const query = Object.fromEntries(new URLSearchParams(search));
  const signed = await signer.sign({
    ...{ method: "PUT", protocol, hostname, port: Number(port), path, query },
    ...{ headers, body },
  });
  return signed.headers;
}

/** Node's hash in the shape that the signer asks for. */
class Sha256 {
  private readonly hash: Hash | ReturnType<typeof createHmac>;

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret as string);
  }

  update(data: string | Uint8Array): void {
    this.hash.update(data);
  }

  async digest(): Promise<Uint8Array> {
    return this.hash.digest();
  }

  reset(): void {}
}
