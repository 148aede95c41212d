import { signedHeaders } from "../tools/signed-request.ts";
import type { Deployment } from "./deployment.ts";

/** Milliseconds that an answer may take. */
const LIMIT = 40_000;

/** A PUT on the gateway by who runs this. `wrongly`: with a signature that is not theirs. */
export async function put(
  { apiUrl, region, credentials }: Deployment,
  path: string,
  body: object,
  how: "signed" | "wrongly signed" | "unsigned" = "signed",
): Promise<{ status: number; said: string }> {
  const url = new URL(`${apiUrl}${path}`);
  const text = JSON.stringify(body);
  let headers: Record<string, string> = { host: url.host, "content-type": "application/json" };
  if (how !== "unsigned") {
    headers = await signedHeaders(
      apiUrl,
      region,
      { path: url.pathname, headers, body: text },
      await credentials(),
    );
  }
  if (how === "wrongly signed") {
    const [name = "", value = ""] =
      Object.entries(headers).find(([header]) => header.toLowerCase() === "authorization") ?? [];
    headers[name] = value.replace(/[0-9a-f]{64}$/, "0".repeat(64));
  }
  const answer = await fetch(url, {
    ...{ method: "PUT", headers, body: text, redirect: "manual" },
    signal: AbortSignal.timeout(LIMIT),
  });
  return { status: answer.status, said: (await answer.text()).trim() };
}
