import { type Meter, PRICES, priceOf } from "./prices.ts";
import type { Usage } from "./usage.ts";

/** USD a month. */
export interface Amount {
  /** As if there were no free tiers. */
  list: number;
  /** With the always-free tiers, as if nothing else in the account used them. */
  afterFree: number;
}

export interface Bill {
  services: { [name: string]: Amount };
  total: Amount;
}

export function billOf(usage: Usage): Bill {
  const services: Bill["services"] = {};
  const total = { list: 0, afterFree: 0 };
  for (const meter of Object.keys(PRICES) as Meter[]) {
    const { service, free } = PRICES[meter];
    const list = priceOf(meter, usage[meter]);
    // Free units are taken from the first, dearest step.
    const afterFree = list - priceOf(meter, Math.min(usage[meter], free));
    services[service] ??= { list: 0, afterFree: 0 };
    for (const sum of [services[service], total]) {
      sum.list += list;
      sum.afterFree += afterFree;
    }
  }
  return { services, total };
}
