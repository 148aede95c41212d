import { type Amount, type Bill, billOf } from "./bill.ts";
import { PRICES_ARE } from "./prices.ts";
import { IDLE, type Shape } from "./shape.ts";
import { usageOf } from "./usage.ts";

const DIGITS = { minimumFractionDigits: 2, maximumFractionDigits: 2 };

function usd(amount: number): string {
  return amount > 0 && amount < 0.005 ? "below $0.01" : `$${amount.toLocaleString("en", DIGITS)}`;
}

/** A bill for the terminal. */
export function billTable({ services, total }: Bill, idle: Bill): string {
  const columns = ({ list, afterFree }: Amount) => usd(list).padStart(12) + usd(afterFree).padStart(18);
  const line = (name: string, amount: Amount) => name.padEnd(18) + columns(amount);
  return [
    `USD a month, ${PRICES_ARE.region}, prices of ${PRICES_ARE.date}`,
    `${"".padEnd(18)}${"list price".padStart(12)}${"after free tiers".padStart(18)}`,
    ...Object.entries(services).map(([name, amount]) => line(name, amount)),
    line("total", total),
    line("idle", idle.total),
  ].join("\n");
}

/** The cases side by side, as Markdown for README.md and docs/cost.md. */
export function casesTable(cases: { [name: string]: Shape }): string {
  const rows = Object.entries({ idle: IDLE, ...cases }).map(([name, shape]) => {
    const { total, services } = billOf(usageOf(shape));
    const [most = ""] = Object.entries(services).toSorted(([, a], [, b]) => b.list - a.list)[0] ?? [];
    return `| ${name} | ${describe(shape)} | ${usd(total.list)} | ${usd(total.afterFree)} | ${most} |`;
  });
  return [
    "| case | users, releases a month, platforms, binary | a month, list price | after the always-free tiers | most goes to |",
    "| --- | --- | --- | --- | --- |",
    ...rows,
  ].join("\n");
}

function describe({ users, releasesPerMonth, platforms, sizeMb }: Shape): string {
  if (users === 0 && releasesPerMonth === 0) return "nobody asks, nothing is released";
  return `${users.toLocaleString("en")}, ${releasesPerMonth}, ${platforms}, ${sizeMb} MB`;
}
