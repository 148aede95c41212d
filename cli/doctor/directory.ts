import type { Deployment } from "../deployment/deployment.ts";
import { type Finding, failed, ok } from "./check.ts";

/** Milliseconds; the local AWS takes its time for a first answer. */
const LIMIT = 30_000;

/** Whether clients get an answer. */
export async function checkDirectory({ directoryUrl }: Deployment): Promise<Finding> {
  const name = "directory";
  const began = Date.now();
  try {
    const response = await fetch(`${directoryUrl}release.json`, { signal: AbortSignal.timeout(LIMIT) });
    await response.text();
    const found = `${directoryUrl} answered ${response.status} in ${Date.now() - began} ms`;
    return response.ok ? ok(name, found) : failed(name, found, "docs/runbook.md, on the directory's errors");
  } catch (error) {
    const { message, cause } = error as Error;
    const why = cause instanceof Error ? `${message}: ${cause.message}` : message;
    return failed(
      name,
      `${directoryUrl} does not answer: ${why}`,
      "look at the network, then at docs/runbook.md",
    );
  }
}
