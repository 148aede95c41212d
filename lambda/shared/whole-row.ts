type Kind = "string" | "number" | "object";

/**
 * The row, if it has these attributes. One that somebody changed by hand must not be answered as if it were complete.
 * @throws Error that names the row and what it lacks
 */
export function wholeRow<Row extends object>(row: unknown, kinds: { [Name in keyof Row]?: Kind }): Row {
  const found = (row ?? {}) as Record<string, unknown>;
  const lacking = Object.entries(kinds).filter(
    ([name, kind]) => typeof found[name] !== kind || found[name] === null,
  );
  if (lacking.length === 0) return found as Row;
  const names = lacking.map(([name, kind]) => `${name} (${kind})`).join(", ");
  throw new Error(`a row of the table lacks ${names}: ${JSON.stringify(row).slice(0, 500)}`);
}
