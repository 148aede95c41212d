import {
  type Audited,
  type AuditOptions,
  type Counts,
  type Store,
  shallowAudit,
} from "../lambda/audit/shallow-audit.ts";
import { ensureNativeAddon, HOST } from "../tools/native-addon.ts";
import type { DeepCounts } from "./deep-audit.ts";

export interface Options extends AuditOptions {
  /** Also downloads everything, and does again what was recorded: hashes, and patches. */
  deep?: boolean;
}

/** Looks whether what docs/invariants.md says always holds; `breaches` is empty when it does. */
export async function audit(
  store: Store,
  { deep, ...options }: Options = {},
): Promise<Audited & { counts: Counts & Partial<DeepCounts> }> {
  const { breaches, counts, world } = await shallowAudit(store, options);
  if (!deep) return { breaches, counts };
  // Compiled when it is first needed, and only here: the function that runs every day does not have it.
  await ensureNativeAddon(HOST, console.error);
  const { deepAudit } = await import("./deep-audit.ts");
  const found = await deepAudit(store, world);
  return { breaches: [...breaches, ...found.breaches], counts: { ...counts, ...found.counts } };
}
