import { createHash, createHmac, type Hash } from "node:crypto";
import { SignatureV4 } from "@smithy/signature-v4";

export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** A request to the directory that is to be signed. The path is signed as it is written here. */
export interface Unsigned {
  path: string;
  query?: Record<string, string>;
  headers: Record<string, string>;
  body: string;
}

/** The headers of a PUT on the directory, signed for the gateway as `curl --aws-sigv4` signs it. */
export async function signedHeaders(
  directoryUrl: string,
  region: string,
  { path, query = {}, headers, body }: Unsigned,
  credentials: Credentials,
): Promise<Record<string, string>> {
  const signer = new SignatureV4({ service: "execute-api", region, credentials, sha256: Sha256 });
  const { protocol, hostname, port } = new URL(directoryUrl);
  const signed = await signer.sign({
    ...{ method: "PUT", protocol, hostname, path, query, headers, body },
    ...(port !== "" && { port: Number(port) }),
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
